// Embedding, norms and products, of NetworkOps.td: verifiers, dimensions, costs.
#include "ir/GraphDialect.h"
#include "ir/OpRules.h"

using namespace mlir;
using namespace graphc;

/// Last extent of a value's type.
static Dim lastDim(Value value) {
  return Dim::fixed(cast<RankedTensorType>(value.getType()).getShape().back());
}

//===----------------------------------------------------------------------===//
// embedding
//===----------------------------------------------------------------------===//

LogicalResult EmbeddingOp::verify() { return success(); }

SmallVector<DimList> EmbeddingOp::inferDims(ArrayRef<DimList>) {
  return {rules::dimsOf(getType(), Dim::tokens())};
}

/// Reads the rows of the step's tokens, not the whole table.
Cost EmbeddingOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  const DimList dims = inferDims(operandDims)[0];
  Cost cost;
  cost.weightBytes =
      rules::bytes(getType().clone(getTable().getType().getElementType()), dims, step);
  cost.activationBytes = rules::bytes(getType(), dims, step);
  return cost;
}

//===----------------------------------------------------------------------===//
// mean
//===----------------------------------------------------------------------===//

LogicalResult MeanOp::verify() { return success(); }

SmallVector<DimList> MeanOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::withLast(operandDims[0], Dim::fixed(1))};
}

Cost MeanOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  Cost cost = rules::memoryCost(*this, operandDims, step);
  cost.flops = rules::elements(operandDims[0], step);
  return cost;
}

//===----------------------------------------------------------------------===//
// rms_norm, layer_norm
//===----------------------------------------------------------------------===//

LogicalResult RmsNormOp::verify() { return success(); }

SmallVector<DimList> RmsNormOp::inferDims(ArrayRef<DimList> operandDims) {
  return {operandDims[0]};
}

/// Square and sum, then the factor and gamma.
Cost RmsNormOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 4);
}

LogicalResult LayerNormOp::verify() { return success(); }

SmallVector<DimList> LayerNormOp::inferDims(ArrayRef<DimList> operandDims) {
  return {operandDims[0]};
}

/// Sum, difference, square and sum, then the factor, gamma and beta.
Cost LayerNormOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, getBeta() ? 7 : 6);
}

//===----------------------------------------------------------------------===//
// linear
//===----------------------------------------------------------------------===//

LogicalResult LinearOp::verify() { return success(); }

SmallVector<DimList> LinearOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::withLast(operandDims[0], lastDim(getResult()))};
}

Cost LinearOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 2.0 * step(operandDims[0].back()));
}

//===----------------------------------------------------------------------===//
// matmul, batch_matmul
//===----------------------------------------------------------------------===//

/// [.., M, K] times [.., K, N], or [.., N, K] if transposed: the stacks broadcast.
static DimList productDims(ArrayRef<DimList> operandDims, bool isTransposed) {
  ArrayRef<Dim> lhs = operandDims[0], rhs = operandDims[1];
  if (lhs.size() < 2 || rhs.size() < 2)
    return {};
  DimList dims = rules::broadcast(lhs.drop_back(2), rhs.drop_back(2));
  dims.push_back(lhs[lhs.size() - 2]);
  dims.push_back(rhs[rhs.size() - (isTransposed ? 2 : 1)]);
  return dims;
}

LogicalResult MatmulOp::verify() { return success(); }

SmallVector<DimList> MatmulOp::inferDims(ArrayRef<DimList> operandDims) {
  return {productDims(operandDims, getTransposeB())};
}

Cost MatmulOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 2.0 * step(operandDims[0].back()));
}

LogicalResult BatchMatmulOp::verify() { return success(); }

SmallVector<DimList> BatchMatmulOp::inferDims(ArrayRef<DimList> operandDims) {
  return {productDims(operandDims, getTransposeB())};
}

Cost BatchMatmulOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 2.0 * step(operandDims[0].back()));
}
