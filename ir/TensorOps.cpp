// Constants and ops that change shapes, of TensorOps.td: verifiers, dimensions, costs.
#include "ir/GraphDialect.h"
#include "ir/OpRules.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace graphc;

/// Whether input and result of an op have the same element type: constraint C1 of most ops here.
template <typename Op>
static LogicalResult expectSameElements(Op op) {
  return rules::expectElement(op, "result", op.getType(), op.getInput().getType().getElementType());
}

/// The shape with another extent at one dimension.
static SmallVector<int64_t> withExtent(ArrayRef<int64_t> shape, int64_t axis, int64_t extent) {
  SmallVector<int64_t> result(shape);
  result[axis] = extent;
  return result;
}

//===----------------------------------------------------------------------===//
// constant
//===----------------------------------------------------------------------===//

SmallVector<DimList> ConstantOp::inferDims(ArrayRef<DimList>) {
  return {rules::dimsOf(getType(), {})};
}

Cost ConstantOp::getCost(ArrayRef<DimList>, const StepDims &) { return {}; }

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

/// Product of the static extents.
static int64_t staticElements(RankedTensorType type) {
  int64_t product = 1;
  for (int64_t extent : type.getShape())
    product *= ShapedType::isDynamic(extent) ? 1 : extent;
  return product;
}

LogicalResult ReshapeOp::verify() {
  const RankedTensorType input = getInput().getType(), result = getType();
  if (failed(expectSameElements(*this))) // C1
    return failure();
  if (input.getNumDynamicDims() != result.getNumDynamicDims()) // C2
    return emitOpError() << "expected a result with " << input.getNumDynamicDims()
                         << " dynamic dimensions but got " << result.getNumDynamicDims();
  if (staticElements(input) != staticElements(result)) // C3
    return emitOpError() << "expected static extents with a product of " << staticElements(input)
                         << " but got " << staticElements(result);
  return success();
}

SmallVector<DimList> ReshapeOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::dimsLike(getType(), operandDims[0])};
}

/// Buffers are dense, so the numbers stay where they are.
Cost ReshapeOp::getCost(ArrayRef<DimList>, const StepDims &) { return {}; }

//===----------------------------------------------------------------------===//
// transpose
//===----------------------------------------------------------------------===//

LogicalResult TransposeOp::verify() {
  const RankedTensorType input = getInput().getType();
  if (failed(expectSameElements(*this))) // C1
    return failure();
  if (int64_t(getPermutation().size()) != input.getRank() ||
      !isPermutationVector(getPermutation())) // C2
    return emitOpError() << "expected a permutation of " << input.getRank()
                         << " dimensions but got " << rules::shapeText(getPermutation());
  return rules::expectShape(*this, "result", getType(),
                            applyPermutation(input.getShape(), getPermutation())); // C3
}

SmallVector<DimList> TransposeOp::inferDims(ArrayRef<DimList> operandDims) {
  DimList dims;
  for (int64_t axis : getPermutation())
    dims.push_back(operandDims[0][axis]);
  return {dims};
}

Cost TransposeOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::memoryCost(*this, operandDims, step);
}

//===----------------------------------------------------------------------===//
// slice
//===----------------------------------------------------------------------===//

LogicalResult SliceOp::verify() {
  const RankedTensorType input = getInput().getType();
  const int64_t axis = getAxis(), begin = getBegin(), end = getEnd();
  if (failed(expectSameElements(*this)) ||                 // C1
      failed(rules::expectStaticAxis(*this, input, axis))) // C2
    return failure();
  if (begin < 0 || begin >= end || end > input.getDimSize(axis)) // C3
    return emitOpError() << "expected a range in [0, " << input.getDimSize(axis) << "] but got ["
                         << begin << ", " << end << "]";
  return rules::expectShape(*this, "result", getType(),
                            withExtent(input.getShape(), axis, end - begin)); // C4
}

SmallVector<DimList> SliceOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::dimsLike(getType(), operandDims[0])};
}

/// Only the slice is read.
Cost SliceOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  Cost cost;
  cost.activationBytes = 2 * rules::bytes(getType(), inferDims(operandDims)[0], step);
  return cost;
}

//===----------------------------------------------------------------------===//
// concat
//===----------------------------------------------------------------------===//

LogicalResult ConcatOp::verify() {
  if (getInputs().empty()) // C1
    return emitOpError() << "expected at least one input but got none";
  for (Value input : getInputs()) { // C2
    auto type = cast<RankedTensorType>(input.getType());
    if (failed(rules::expectElement(*this, "input", type, getType().getElementType())))
      return failure();
    if (type.getRank() != getType().getRank())
      return emitOpError() << "expected inputs of rank " << getType().getRank() << " but got "
                           << rules::shapeText(type.getShape());
  }
  const int64_t axis = getAxis();
  int64_t sum = 0;
  for (Value input : getInputs()) { // C3
    auto type = cast<RankedTensorType>(input.getType());
    if (failed(rules::expectStaticAxis(*this, type, axis)))
      return failure();
    sum += type.getDimSize(axis);
  }
  for (Value input : getInputs()) { // C4
    auto type = cast<RankedTensorType>(input.getType());
    if (failed(rules::expectShape(*this, "input", type,
                                  withExtent(getType().getShape(), axis, type.getDimSize(axis)))))
      return failure();
  }
  return rules::expectShape(*this, "result", getType(),
                            withExtent(getType().getShape(), axis, sum)); // C5
}

SmallVector<DimList> ConcatOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::dimsLike(getType(), operandDims[0])};
}

Cost ConcatOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::memoryCost(*this, operandDims, step);
}

//===----------------------------------------------------------------------===//
// repeat
//===----------------------------------------------------------------------===//

LogicalResult RepeatOp::verify() {
  const RankedTensorType input = getInput().getType();
  const int64_t axis = getAxis(), times = getTimes();
  if (failed(expectSameElements(*this)) ||                    // C1
      failed(rules::expectStaticAxis(*this, input, axis)) ||  // C2
      failed(rules::expectAtLeast(*this, "times", times, 1))) // C3
    return failure();
  return rules::expectShape(
      *this, "result", getType(),
      withExtent(input.getShape(), axis, input.getDimSize(axis) * times)); // C4
}

SmallVector<DimList> RepeatOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::dimsLike(getType(), operandDims[0])};
}

Cost RepeatOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::memoryCost(*this, operandDims, step);
}

//===----------------------------------------------------------------------===//
// cast
//===----------------------------------------------------------------------===//

LogicalResult CastOp::verify() {
  auto quant = dyn_cast<QuantType>(getInput().getType().getElementType());
  if (quant && (quant.isOfRows() || !getType().getElementType().isF32())) // C2
    return emitOpError() << "expected f32 of a weight's quantized numbers but got " << getType()
                         << " of " << getInput().getType();
  return rules::expectShape(*this, "result", getType(), getInput().getType().getShape()); // C1
}

SmallVector<DimList> CastOp::inferDims(ArrayRef<DimList> operandDims) { return {operandDims[0]}; }

Cost CastOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 1);
}

//===----------------------------------------------------------------------===//
// select_rows
//===----------------------------------------------------------------------===//

LogicalResult SelectRowsOp::verify() {
  if (getType() != getInput().getType()) // C1
    return emitOpError() << "expected a result of type " << getInput().getType() << " but got "
                         << getType();
  if (getType().getRank() == 0 || !getType().isDynamicDim(0)) // C2
    return emitOpError() << "expected a dynamic first dimension but got "
                         << rules::shapeText(getType().getShape());
  return success();
}

SmallVector<DimList> SelectRowsOp::inferDims(ArrayRef<DimList> operandDims) {
  DimList dims = operandDims[0];
  if (!dims.empty())
    dims.front() = Dim::rows();
  return {dims};
}

/// Only the wanted rows are read.
Cost SelectRowsOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  Cost cost;
  cost.activationBytes = 2 * rules::bytes(getType(), inferDims(operandDims)[0], step);
  return cost;
}
