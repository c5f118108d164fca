// Constants and ops that change shapes, of TensorOps.td: verifiers, dimensions, costs.
#include "ir/GraphDialect.h"
#include "ir/OpRules.h"

using namespace mlir;
using namespace graphc;

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

LogicalResult ReshapeOp::verify() { return success(); }

SmallVector<DimList> ReshapeOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::dimsLike(getType(), operandDims[0])};
}

/// Buffers are dense, so the numbers stay where they are.
Cost ReshapeOp::getCost(ArrayRef<DimList>, const StepDims &) { return {}; }

//===----------------------------------------------------------------------===//
// transpose
//===----------------------------------------------------------------------===//

LogicalResult TransposeOp::verify() { return success(); }

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

LogicalResult SliceOp::verify() { return success(); }

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

LogicalResult ConcatOp::verify() { return success(); }

SmallVector<DimList> ConcatOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::dimsLike(getType(), operandDims[0])};
}

Cost ConcatOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::memoryCost(*this, operandDims, step);
}

//===----------------------------------------------------------------------===//
// repeat
//===----------------------------------------------------------------------===//

LogicalResult RepeatOp::verify() { return success(); }

SmallVector<DimList> RepeatOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::dimsLike(getType(), operandDims[0])};
}

Cost RepeatOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::memoryCost(*this, operandDims, step);
}

//===----------------------------------------------------------------------===//
// cast
//===----------------------------------------------------------------------===//

SmallVector<DimList> CastOp::inferDims(ArrayRef<DimList> operandDims) { return {operandDims[0]}; }

Cost CastOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 1);
}

//===----------------------------------------------------------------------===//
// select_rows
//===----------------------------------------------------------------------===//

LogicalResult SelectRowsOp::verify() { return success(); }

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
