#include "codegen/kernels/QuantProduct.h"

#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

VectorType QuantProduct::floats() const {
  return VectorType::get({target.lanes()}, b.getF32Type());
}

VectorType QuantProduct::integers() const {
  return VectorType::get({target.lanes()}, b.getI32Type());
}

Value QuantProduct::unitsOf(const Span &span, int64_t unit, const RightVector &vector) {
  return reader.units(span.right.memory, vector.inPanel(b, span.data), unit, vector.channel);
}

void QuantProduct::forEachStep(int64_t count, MutableArrayRef<Value> sums,
                               function_ref<void(Value, MutableArrayRef<Value>)> body) {
  auto constant = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
  if (count == 1)
    return body(constant(0), sums);
  auto loop = scf::ForOp::create(b, constant(0), constant(count), constant(1),
                                 SmallVector<Value>(sums.begin(), sums.end()));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> inner(loop.getRegionIterArgs());
  body(loop.getInductionVar(), inner);
  scf::YieldOp::create(b, inner);
  llvm::copy(loop.getResults(), sums.begin());
}

void QuantProduct::emit(const BlockPlace &place, int64_t rows, MutableArrayRef<Value> sums) {
  const RightPanel &right = place.right;
  Value index = indexPlus(b, place.index, place.offset);
  Value block = arith::AddIOp::create(b, right.start, indexTimes(b, index, right.stride));
  Value column = indexTimes(b, index, format.group);
  Value data = indexPlus(b, block, kPanelRows * QuantFormat::kScaleBytes);
  right.emitFetches(b, block, kPanelRows * QuantFormat::kScaleBytes);
  SmallVector<Value> scales;
  for (const RightVector &vector : right.vectors)
    scales.push_back(reader.scales(right.memory, vector.inPanel(b, block), vector.channel));

  forEachStep(format.group / kSpan, sums, [&](Value step, MutableArrayRef<Value> inner) {
    Value spanColumn = arith::AddIOp::create(b, column, indexTimes(b, step, kSpan));
    Value spanData = arith::AddIOp::create(b, data, indexTimes(b, step, columnBytes(kSpan)));
    emitSpan({place.left, right, spanColumn, spanData, scales}, rows, inner);
  });
}

} // namespace graphc
