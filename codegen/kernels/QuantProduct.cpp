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

QuantUnits QuantProduct::unitsOf(const Span &part, int64_t unit, const RightVector &vector) {
  Value memory = part.right.memory, data = vector.inPanel(b, part.data);
  Value number = indexPlus(b, part.unit, unit);
  if (panels.unpacked)
    return {reader.unit(memory, data, number, vector.channel), {}};
  return reader.units(memory, data, number, vector.channel);
}

void QuantProduct::forEachPart(const Span &span, MutableArrayRef<Value> sums,
                               function_ref<void(const Span &, MutableArrayRef<Value>)> body) {
  const int64_t parts = spanColumns() / kStepColumns, bytes = panels.spanBytes() / parts;
  forEachStep(parts, sums, [&](Value step, MutableArrayRef<Value> inner) {
    Value column = arith::AddIOp::create(b, span.column, indexTimes(b, step, kStepColumns));
    Value unit = indexTimes(b, step, kStepColumns / panels.unitColumns());
    Value ahead = arith::AddIOp::create(b, span.data, indexTimes(b, step, bytes));
    span.right.emitFetches(b, ahead, bytes);
    body({span.left, span.right, column, span.data, span.scales, unit}, inner);
  });
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

SmallVector<QuantProduct::Scales> QuantProduct::scalesOfGroup(const RightPanel &right,
                                                              ArrayRef<Scales> block, Value group) {
  if (!format.hasTwoLevels())
    return SmallVector<Scales>(block);
  right.emitFetches(b, group, format.factorBytes(kPanelRows));
  SmallVector<Scales> result;
  for (auto [vector, scales] : llvm::zip_equal(right.vectors, block))
    result.push_back(
        reader.scalesOfGroup(scales, right.memory, vector.inPanel(b, group), vector.channel));
  return result;
}

void QuantProduct::emit(const BlockPlace &place, int64_t rows, MutableArrayRef<Value> sums) {
  const RightPanel &right = place.right;
  Value index = indexPlus(b, place.index, place.offset);
  Value block = arith::AddIOp::create(b, right.start, indexTimes(b, index, right.stride));
  Value column = indexTimes(b, index, format.blockColumns());
  Value firstGroup = indexPlus(b, block, format.headBytes(kPanelRows));
  right.emitFetches(b, block, format.headBytes(kPanelRows));
  SmallVector<Scales> blockScales;
  for (const RightVector &vector : right.vectors)
    blockScales.push_back(reader.scales(right.memory, vector.inPanel(b, block), vector.channel));

  auto stepped = [&](Value from, Value step, int64_t by) -> Value {
    return arith::AddIOp::create(b, from, indexTimes(b, step, by));
  };
  forEachStep(format.blockGroups(), sums, [&](Value number, MutableArrayRef<Value> groupSums) {
    Value group = stepped(firstGroup, number, panels.groupBytes());
    Value groupColumn = stepped(column, number, format.group);
    SmallVector<Scales> scales = scalesOfGroup(right, blockScales, group);
    Value data = indexPlus(b, group, format.factorBytes(kPanelRows));
    int64_t spans = format.group / spanColumns();
    forEachStep(spans, groupSums, [&](Value step, MutableArrayRef<Value> inner) {
      Value spanColumn = stepped(groupColumn, step, spanColumns());
      Value spanData = stepped(data, step, panels.spanBytes());
      emitSpan({place.left, right, spanColumn, spanData, scales, {}}, rows, inner);
    });
  });
}

} // namespace graphc
