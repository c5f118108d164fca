#include "codegen/kernels/RowVectors.h"

#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

/// Vectors of a turn of the loop at least, each with a sum of its own.
static constexpr int64_t kSums = 4;

SmallVector<Value> RowVectors::run(ArrayRef<Value> sums, Body body) {
  auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
  auto vectors = [&](Value k, int64_t count, MutableArrayRef<Value> running) {
    Value none;
    for (int64_t i = 0; i < count; ++i)
      body(indexPlus(b, k, i * lanes), lanes, running.empty() ? none : running[i % kSums]);
  };
  const int64_t turn = std::max(kSums * lanes, together), looped = columns / turn * turn;
  auto loop = scf::ForOp::create(b, index(0), index(looped), index(turn), sums);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> running(loop.getRegionIterArgs());
    vectors(loop.getInductionVar(), turn / lanes, running);
    if (!running.empty())
      scf::YieldOp::create(b, running);
  }
  SmallVector<Value> result(loop.getResults());
  const int64_t whole = (columns - looped) / lanes, done = looped + whole * lanes;
  vectors(index(looped), whole, result);
  Value none;
  if (done < columns)
    body(index(done), columns - done, result.empty() ? none : result[whole % kSums]);
  return result;
}

Value RowVectors::sum(Body body) {
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(vectorType));
  SmallVector<Value> sums = run(SmallVector<Value>(kSums, zero), body);
  Value low = arith::AddFOp::create(b, sums[0], sums[1]);
  Value high = arith::AddFOp::create(b, sums[2], sums[3]);
  return math.sumLanes(arith::AddFOp::create(b, low, high));
}

Value RowVectors::rsqrtOfMean(Value sum, const APFloat &eps) {
  Value mean = arith::DivFOp::create(b, sum, math.constant(double(columns), sum));
  Value offset = math.constant(eps.convertToFloat(), mean);
  return math.rsqrt(arith::AddFOp::create(b, mean, offset));
}

Value RowVectors::broadcast(Value number) {
  return vector::BroadcastOp::create(b, vectorType, number);
}

void RowVectors::forEach(llvm::function_ref<void(Value k, int64_t existing)> body) {
  run({}, [&](Value k, int64_t existing, Value &) { body(k, existing); });
}

Value RowVectors::load(Value memory, Value at, int64_t existing) {
  Type element = cast<MemRefType>(memory.getType()).getElementType();
  return math.convert(loadLanes(b, VectorType::get({lanes}, element), memory, at, existing),
                      b.getF32Type());
}

Value RowVectors::onlyExisting(Value value, int64_t existing) {
  if (existing >= lanes)
    return value;
  SmallVector<bool> mask(lanes, false);
  std::fill_n(mask.begin(), existing, true);
  auto maskType = VectorType::get({lanes}, b.getI1Type());
  Value exists = arith::ConstantOp::create(b, DenseElementsAttr::get(maskType, mask));
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(vectorType));
  return arith::SelectOp::create(b, exists, value, zero);
}

} // namespace graphc
