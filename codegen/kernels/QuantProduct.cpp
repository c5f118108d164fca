#include "codegen/kernels/QuantProduct.h"

#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

Value QuantProduct::over(Value number, int64_t by) {
  return b.createOrFold<arith::DivUIOp>(number, arith::ConstantIndexOp::create(b, by));
}

Value QuantProduct::modulo(Value number, int64_t by) {
  return b.createOrFold<arith::RemUIOp>(number, arith::ConstantIndexOp::create(b, by));
}

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

void QuantProduct::emitColumns(const BlockPlace &place, int64_t rows, MutableArrayRef<Value> sums) {
  const int64_t blockColumns = format.blockColumns(), blocks = depth() / blockColumns;
  Value index = indexPlus(b, place.index, place.offset);
  if (blocks == 0) {
    Value column = indexTimes(b, index, depth());
    return emitInBlock(place, over(column, blockColumns), modulo(column, blockColumns), depth(),
                       rows, sums);
  }
  Value first = indexTimes(b, index, blocks), begin = arith::ConstantIndexOp::create(b, 0);
  forEachStep(blocks, sums, [&](Value step, MutableArrayRef<Value> inner) {
    Value block = arith::AddIOp::create(b, first, step);
    emitInBlock(place, block, begin, blockColumns, rows, inner);
  });
}

void QuantProduct::emitInBlock(const BlockPlace &place, Value block, Value inBlock, int64_t columns,
                               int64_t rows, MutableArrayRef<Value> sums) {
  const RightPanel &right = place.right;
  auto stepped = [&](Value from, Value step, int64_t by) -> Value {
    return arith::AddIOp::create(b, from, indexTimes(b, step, by));
  };
  Value blockByte = stepped(right.start, block, right.stride);
  right.emitFetches(b, blockByte, format.headBytes(kPanelRows));
  SmallVector<Scales> blockScales;
  for (const RightVector &vector : right.vectors)
    blockScales.push_back(
        reader.scales(right.memory, vector.inPanel(b, blockByte), vector.channel));

  const int64_t groups = std::max<int64_t>(1, columns / format.group);
  const int64_t spans = std::min(columns, format.group) / spanColumns();
  Value blockColumn = indexTimes(b, block, format.blockColumns());
  Value firstGroup = over(inBlock, format.group);
  Value firstSpan = over(modulo(inBlock, format.group), spanColumns());
  forEachStep(groups, sums, [&](Value step, MutableArrayRef<Value> groupSums) {
    Value number = arith::AddIOp::create(b, firstGroup, step);
    Value group =
        stepped(indexPlus(b, blockByte, format.headBytes(kPanelRows)), number, panels.groupBytes());
    Value groupColumn = stepped(blockColumn, number, format.group);
    SmallVector<Scales> scales = scalesOfGroup(right, blockScales, group);
    Value data = indexPlus(b, group, format.factorBytes(kPanelRows));
    forEachStep(spans, groupSums, [&](Value spanStep, MutableArrayRef<Value> inner) {
      Value span = arith::AddIOp::create(b, firstSpan, spanStep);
      Value spanColumn = stepped(groupColumn, span, spanColumns());
      Value spanData = stepped(data, span, panels.spanBytes());
      emitSpan({place.left, right, spanColumn, spanData, scales, {}}, rows, inner);
    });
  });
}

} // namespace graphc
