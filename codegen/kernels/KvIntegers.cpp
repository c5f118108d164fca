#include "codegen/kernels/KvIntegers.h"

#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

static constexpr double kLargest = 127.0;

Value KvIntegers::index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }

Value KvIntegers::headStart(Value page, Value head, Side side) {
  int64_t before = side == Side::Key ? 0 : layout.heads * layout.headStride();
  return indexPlus(b, arith::AddIOp::create(b, page, indexTimes(b, head, layout.headStride())),
                   before);
}

/// Walks the numbers of a head in vectors, in a loop; the last one may be shorter.
void KvIntegers::forEachVector(llvm::function_ref<void(Value, int64_t)> body) {
  int64_t whole = layout.headDim / lanes * lanes;
  if (whole > 0) {
    auto loop = scf::ForOp::create(b, index(0), index(whole), index(lanes));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar(), lanes);
  }
  if (whole < layout.headDim)
    body(index(whole), layout.headDim - whole);
}

//===----------------------------------------------------------------------===//
// Rounding
//===----------------------------------------------------------------------===//

/// An f16 number: the largest magnitude over 127. x * 0 is NaN where x is not finite, else nothing.
Value KvIntegers::scaleOf(Load load) {
  auto type = VectorType::get({lanes}, b.getF32Type());
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  auto joined = [&](ValueRange sums, Value d, int64_t count) -> SmallVector<Value> {
    Value numbers = load(d, count);
    return {math.max(math::AbsFOp::create(b, numbers), sums[0]),
            math::FmaOp::create(b, numbers, zero, sums[1])};
  };
  SmallVector<Value> sums = {zero, zero};
  int64_t whole = layout.headDim / lanes * lanes;
  if (whole > 0) {
    auto loop = scf::ForOp::create(b, index(0), index(whole), index(lanes), sums);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    scf::YieldOp::create(b, joined(loop.getRegionIterArgs(), loop.getInductionVar(), lanes));
    sums.assign(loop.getResults().begin(), loop.getResults().end());
  }
  if (whole < layout.headDim)
    sums = joined(sums, index(whole), layout.headDim - whole);
  Value largest = math.maxLanes(sums[0]);
  Value scale = arith::DivFOp::create(b, largest, math.constant(kLargest, largest));
  return math.convert(arith::AddFOp::create(b, scale, math.sumLanes(sums[1])), b.getF16Type());
}

/// The integers as bytes.
Value KvIntegers::rounded(Value numbers, Value inverse) {
  auto type = cast<VectorType>(numbers.getType());
  Value x = arith::MulFOp::create(b, numbers, vector::BroadcastOp::create(b, type, inverse));
  auto limit = [&](arith::CmpFPredicate beyond, double bound) {
    Value limit = math.constant(bound, x);
    x = arith::SelectOp::create(b, arith::CmpFOp::create(b, beyond, x, limit), limit, x);
  };
  limit(arith::CmpFPredicate::OLT, -kLargest);
  limit(arith::CmpFPredicate::OGT, kLargest);
  Value integers = arith::FPToSIOp::create(b, VectorType::get({lanes}, b.getI32Type()),
                                           math::RoundEvenOp::create(b, x));
  return arith::TruncIOp::create(b, VectorType::get({lanes}, b.getI8Type()), integers);
}

void KvIntegers::append(Value head, Value token, Side side, Load load) {
  Value half = scaleOf(load);
  Value wide = math.convert(half, b.getF32Type());
  Value one = vector::BroadcastOp::create(b, VectorType::get({1}, b.getF16Type()), half);
  Value bytes =
      vector::BitCastOp::create(b, VectorType::get({KvLayout::kScaleBytes}, b.getI8Type()), one);
  vector::StoreOp::create(b, bytes, cache, scalePlace(head, token));

  Value inverse = arith::DivFOp::create(b, math.constant(1.0, wide), wide);
  Value zero = math.constant(0.0, wide);
  Value isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, wide, zero);
  inverse = arith::SelectOp::create(b, isZero, zero, inverse);

  // Of a key, pairs of numbers stand side by side, the tokens between them; of a value, pairs of
  // tokens, so that each number has a byte of its own.
  int64_t pair = layout.interleave();
  bool isKey = side == Side::Key;
  int64_t width = isKey ? pair : 1;
  int64_t distance = isKey ? kPageTokens * pair : pair;
  Value two = index(pair);
  Value start = indexTimes(b, token, pair);
  if (!isKey) {
    start = indexTimes(b, arith::DivUIOp::create(b, token, two), layout.paddedDim() * pair);
    start = arith::AddIOp::create(b, start, arith::RemUIOp::create(b, token, two));
  }
  start = arith::AddIOp::create(b, head, start);
  forEachVector([&](Value d, int64_t count) {
    Value integers = rounded(load(d, count), inverse);
    Value at = arith::AddIOp::create(b, start, indexTimes(b, d, isKey ? kPageTokens : pair));
    for (int64_t lane = 0; lane < count; lane += width) {
      Value slice = vector::ExtractStridedSliceOp::create(
          b, integers, ArrayRef<int64_t>{lane}, ArrayRef<int64_t>{width}, ArrayRef<int64_t>{1});
      vector::StoreOp::create(b, slice, cache, indexPlus(b, at, lane / width * distance));
    }
  });
}

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

Value KvIntegers::scalePlace(Value head, Value token) {
  Value at = arith::AddIOp::create(b, head, indexTimes(b, token, KvLayout::kScaleBytes));
  return indexPlus(b, at, layout.headElements());
}

Value KvIntegers::scales(Value head, Value token, int64_t width) {
  auto bytes = VectorType::get({width * KvLayout::kScaleBytes}, b.getI8Type());
  Value loaded = vector::LoadOp::create(b, bytes, cache, scalePlace(head, token));
  Value halves = vector::BitCastOp::create(b, VectorType::get({width}, b.getF16Type()), loaded);
  return math.convert(halves, b.getF32Type());
}

Value KvIntegers::scale(Value head, Value token) {
  return vector::ExtractOp::create(b, scales(head, token, 1), 0);
}

} // namespace graphc
