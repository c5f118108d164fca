// Attention by its parts and the KV cache, of NetworkOps.td: verifiers, dimensions, costs.
#include "ir/GraphDialect.h"
#include "ir/OpRules.h"

using namespace mlir;
using namespace graphc;

//===----------------------------------------------------------------------===//
// rope
//===----------------------------------------------------------------------===//

LogicalResult RopeOp::verify() { return success(); }

SmallVector<DimList> RopeOp::inferDims(ArrayRef<DimList> operandDims) { return {operandDims[0]}; }

/// Two products and a sum for each number; of the table, the rows of the step's tokens are read.
Cost RopeOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  const double elements = rules::elements(operandDims[0], step);
  Cost cost;
  cost.flops = 3 * elements;
  cost.weightBytes =
      rules::bytes(getTable().getType(), {Dim::tokens(), operandDims[1].back()}, step);
  cost.activationBytes = 2 * rules::bytes(getType(), operandDims[0], step);
  return cost;
}

//===----------------------------------------------------------------------===//
// soft_cap, mask, softmax
//===----------------------------------------------------------------------===//

LogicalResult SoftCapOp::verify() { return success(); }

SmallVector<DimList> SoftCapOp::inferDims(ArrayRef<DimList> operandDims) {
  return {operandDims[0]};
}

Cost SoftCapOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 3);
}

LogicalResult MaskOp::verify() { return success(); }

SmallVector<DimList> MaskOp::inferDims(ArrayRef<DimList> operandDims) { return {operandDims[0]}; }

Cost MaskOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 1);
}

LogicalResult SoftmaxOp::verify() { return success(); }

SmallVector<DimList> SoftmaxOp::inferDims(ArrayRef<DimList> operandDims) {
  return {operandDims[0]};
}

/// Maximum, difference, exponential, sum, division.
Cost SoftmaxOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 5);
}

//===----------------------------------------------------------------------===//
// kv_append, kv_read
//===----------------------------------------------------------------------===//

LogicalResult KvAppendOp::verify() { return success(); }

SmallVector<DimList> KvAppendOp::inferDims(ArrayRef<DimList>) { return {}; }

Cost KvAppendOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  Cost cost;
  for (auto [value, dims] : {std::pair(getKey(), operandDims[2]), {getValue(), operandDims[3]}}) {
    cost.activationBytes += rules::bytes(value.getType(), dims, step);
    cost.cacheBytes += rules::bytes(
        cast<RankedTensorType>(value.getType()).clone(getCache().getType().getElementType()), dims,
        step);
  }
  return cost;
}

LogicalResult KvReadOp::verify() { return success(); }

SmallVector<DimList> KvReadOp::inferDims(ArrayRef<DimList>) {
  return {rules::dimsOf(getKey().getType(), Dim::cached()),
          rules::dimsOf(getValue().getType(), Dim::cached())};
}

Cost KvReadOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  Cost cost;
  for (auto [result, dims] : llvm::zip(getResults(), inferDims(operandDims))) {
    cost.activationBytes += rules::bytes(result.getType(), dims, step);
    cost.cacheBytes += rules::bytes(
        cast<RankedTensorType>(result.getType()).clone(getCache().getType().getElementType()), dims,
        step);
  }
  return cost;
}
