// Verifiers, dimensions and costs of FusedOps.td.
#include "ir/GraphDialect.h"
#include "ir/OpRules.h"

using namespace mlir;
using namespace graphc;

/// Operations for each number of the input of an op with `rms` and `gamma`: of the norm's sum, of
/// gamma, of the conversion to the product's type.
template <typename Op>
static double prologueFlops(Op op, Type productType) {
  return (op.getEps() ? 2 : 0) + (op.getGamma() ? 1 : 0) +
         (op.getInput().getType().getElementType() == productType ? 0 : 1);
}

/// The element type that the products of a fused matmul are computed in: that of its weight.
template <typename Op>
static Type productType(Op op) {
  return op.getWeight().getType().getElementType();
}

//===----------------------------------------------------------------------===//
// prepare_rows
//===----------------------------------------------------------------------===//

LogicalResult PrepareRowsOp::verify() { return success(); }

SmallVector<DimList> PrepareRowsOp::inferDims(ArrayRef<DimList> operandDims) {
  SmallVector<DimList> dims{rules::dimsLike(getRows().getType(), operandDims[0])};
  if (getFactor())
    dims.push_back(rules::dimsLike(getFactor().getType(), operandDims[0]));
  return dims;
}

Cost PrepareRowsOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  Cost cost = rules::memoryCost(*this, operandDims, step);
  cost.flops = prologueFlops(*this, getRows().getType().getElementType()) *
               rules::elements(operandDims[0], step);
  return cost;
}

//===----------------------------------------------------------------------===//
// fused_linear
//===----------------------------------------------------------------------===//

LogicalResult FusedLinearOp::verify() { return success(); }

SmallVector<DimList> FusedLinearOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::withLast(operandDims[0], Dim::fixed(getType().getShape().back()))};
}

Cost FusedLinearOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  const double inputs = rules::elements(operandDims[0], step);
  const double outputs = rules::elements(inferDims(operandDims)[0], step);
  const double channels = getGate() ? 2 : 1;
  Cost cost = rules::memoryCost(*this, operandDims, step);
  cost.flops = 2 * channels * outputs * double(step(operandDims[0].back())) +
               prologueFlops(*this, productType(*this)) * inputs;
  cost.flops += channels * outputs * ((getEps() || getRowFactor()) + bool(getBias()));
  cost.flops += outputs * (getGate() ? rules::flopsOf(*getGate()) + 1 : 0);
  cost.flops += outputs * bool(getResidual());
  return cost;
}

//===----------------------------------------------------------------------===//
// fused_qkv
//===----------------------------------------------------------------------===//

LogicalResult FusedQkvOp::verify() { return success(); }

SmallVector<DimList> FusedQkvOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::dimsLike(getType(), operandDims[0])};
}

Cost FusedQkvOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  const KvCacheType cache = getCache().getType();
  const double tokens = rules::elements(ArrayRef<Dim>(operandDims[0]).drop_back(), step);
  const double inputs = rules::elements(operandDims[0], step);
  const double queries = double(getType().getDimSize(0) * cache.getHeadDim());
  const double keys = double(cache.getHeads() * cache.getHeadDim());
  const double channels = queries + 2 * keys;
  Cost cost = rules::memoryCost(*this, operandDims, step);
  cost.cacheBytes = 2 * tokens * keys * cache.getElementType().getIntOrFloatBitWidth() / 8;
  cost.flops = 2 * channels * inputs + prologueFlops(*this, productType(*this)) * inputs +
               tokens * channels * ((getEps() || getRowFactor()) + bool(getBias()));
  if (!getRopeTable())
    return cost;
  // Of the table, only the rows of the step's tokens are read.
  const auto tableType = getRopeTable().getType();
  cost.flops += 3 * tokens * (queries + keys);
  cost.weightBytes -= rules::bytes(tableType, rules::dimsOf(tableType, {}), step);
  cost.weightBytes +=
      tokens * double(tableType.getDimSize(1)) * tableType.getElementTypeBitWidth() / 8;
  return cost;
}

//===----------------------------------------------------------------------===//
// flash_attention
//===----------------------------------------------------------------------===//

LogicalResult FlashAttentionOp::verify() { return success(); }

SmallVector<DimList> FlashAttentionOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::dimsLike(getType(), operandDims[0])};
}

/// Only what the mask lets through is computed: two products over the head for each pair of a token
/// and a row that it sees, and the softmax. Cached rows are read once, at most one window of them
/// for each token.
Cost FlashAttentionOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  const KvCacheType cache = getCache().getType();
  const double headDim = double(cache.getHeadDim());
  const double heads = double(getQuery().getType().getDimSize(0));
  std::optional<int64_t> window;
  if (getWindow())
    window = *getWindow();
  double rows = double(step.cached);
  if (window)
    rows = std::min(rows, double(step.tokens) * double(*window));
  Cost cost = rules::memoryCost(*this, operandDims, step);
  cost.flops = heads * step.attendedPairs(window) * (4 * headDim + 6 + (getSoftCap() ? 3 : 0));
  cost.cacheBytes = 2 * rows * double(cache.getHeads()) * headDim *
                    cache.getElementType().getIntOrFloatBitWidth() / 8;
  return cost;
}
