// Attention by its parts and the KV cache, of NetworkOps.td: verifiers, dimensions, costs.
#include "ir/GraphDialect.h"
#include "ir/OpRules.h"

using namespace mlir;
using namespace graphc;

/// `lists` if the symbols stand at the end of the operand's dimensions as an op needs them, else a
/// list that says that the op cannot tell.
static SmallVector<DimList> ifEndsWith(ArrayRef<Dim> operand, ArrayRef<Dim> end) {
  if (operand.size() < end.size() || operand.take_back(end.size()) != end)
    return {DimList()};
  return {DimList(operand.begin(), operand.end())};
}

//===----------------------------------------------------------------------===//
// rope
//===----------------------------------------------------------------------===//

LogicalResult RopeOp::verify() {
  ArrayRef<int64_t> shape = getType().getShape();
  if (shape.size() < 2 || !ShapedType::isDynamic(shape[shape.size() - 2]) ||
      ShapedType::isDynamic(shape.back()) || shape.back() % 2 != 0) // C2
    return emitOpError() << "expected last dimensions [?, D] with an even D but got "
                         << rules::shapeText(shape);
  return rules::expectRopeTable(*this, getTable().getType(), shape.back()); // C3
}

/// Row t is rotated by the position of token t, so there must be T rows.
SmallVector<DimList> RopeOp::inferDims(ArrayRef<DimList> operandDims) {
  const Dim headDim = Dim::fixed(getType().getShape().back());
  return ifEndsWith(operandDims[0], {Dim::tokens(), headDim});
}

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

LogicalResult SoftCapOp::verify() { return rules::expectCap(*this, getCap()); /* C2 */ }

SmallVector<DimList> SoftCapOp::inferDims(ArrayRef<DimList> operandDims) {
  return {operandDims[0]};
}

Cost SoftCapOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 3);
}

LogicalResult MaskOp::verify() {
  ArrayRef<int64_t> shape = getType().getShape();
  if (shape.size() < 2 || !llvm::all_of(shape.take_back(2), ShapedType::isDynamic)) // C2
    return emitOpError() << "expected last dimensions [?, ?] but got " << rules::shapeText(shape);
  return rules::expectAtLeast(*this, "window", getWindow().value_or(1), 1); // C3
}

SmallVector<DimList> MaskOp::inferDims(ArrayRef<DimList> operandDims) {
  return ifEndsWith(operandDims[0], {Dim::tokens(), Dim::cached()});
}

Cost MaskOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 1);
}

LogicalResult SoftmaxOp::verify() {
  const int64_t axis = getAxis();
  if (axis >= 0 && axis < getType().getRank()) // C2
    return success();
  return emitOpError() << "expected an axis in [0, " << getType().getRank() << ") but got " << axis;
}

SmallVector<DimList> SoftmaxOp::inferDims(ArrayRef<DimList> operandDims) {
  return {operandDims[0]};
}

/// Maximum, difference, exponential, sum, division.
Cost SoftmaxOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 5);
}

//===----------------------------------------------------------------------===//
// kv_layer, kv_append, kv_read
//===----------------------------------------------------------------------===//

LogicalResult KvLayerOp::verify() {
  return rules::expectAtLeast(*this, "a layer", getLayer(), 0); // C1
}

/// Rows of a cache: [Hkv, ?, D].
static LogicalResult expectCacheRows(Operation *op, StringRef what, Value rows, KvCacheType cache) {
  return rules::expectShape(op, what, cast<RankedTensorType>(rows.getType()),
                            {cache.getHeads(), ShapedType::kDynamic, cache.getHeadDim()});
}

LogicalResult KvAppendOp::verify() {
  const KvCacheType cache = getCache().getType();
  if (failed(expectCacheRows(*this, "key", getKey(), cache))) // C1
    return failure();
  return expectCacheRows(*this, "value", getValue(), cache); // C2
}

SmallVector<DimList> KvAppendOp::inferDims(ArrayRef<DimList>) { return {}; }

Cost KvAppendOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  Cost cost;
  for (auto [value, dims] : {std::pair(getKey(), operandDims[2]), {getValue(), operandDims[3]}}) {
    cost.activationBytes += rules::bytes(value.getType(), dims, step);
    cost.cacheBytes += rules::elements(ArrayRef<Dim>(dims).drop_back(), step) *
                       getCache().getType().getHeadBytes();
  }
  return cost;
}

LogicalResult KvReadOp::verify() {
  const KvCacheType cache = getCache().getType();
  const Type element = cache.getReadType();
  if (failed(expectCacheRows(*this, "key", getKey(), cache)) ||     // C1
      failed(expectCacheRows(*this, "value", getValue(), cache)) || // C2
      failed(rules::expectF32Or(*this, "key", getKey().getType(), element)))
    return failure();
  return rules::expectF32Or(*this, "value", getValue().getType(), element); // C3
}

SmallVector<DimList> KvReadOp::inferDims(ArrayRef<DimList>) {
  return {rules::dimsOf(getKey().getType(), Dim::cached()),
          rules::dimsOf(getValue().getType(), Dim::cached())};
}

Cost KvReadOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  Cost cost;
  for (auto [result, dims] : llvm::zip(getResults(), inferDims(operandDims))) {
    cost.activationBytes += rules::bytes(result.getType(), dims, step);
    cost.cacheBytes += rules::elements(ArrayRef<Dim>(dims).drop_back(), step) *
                       getCache().getType().getHeadBytes();
  }
  return cost;
}
