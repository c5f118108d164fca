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

LogicalResult EmbeddingOp::verify() {
  const RankedTensorType table = getTable().getType();
  if (failed(rules::expectMatrix(*this, "table", table))) // C1
    return failure();
  const int64_t columns = rules::weightColumns(table);
  const int64_t padding = rules::isPackedMatrix(table) ? table.getDimSize(3) - 1 : 0;
  const int64_t got = getType().getRank() == 2 ? getType().getDimSize(1) : 0;
  if (got >= columns - padding && got <= columns) // C2
    return rules::expectShape(*this, "result", getType(), {ShapedType::kDynamic, got});
  return rules::expectShape(*this, "result", getType(), {ShapedType::kDynamic, columns});
}

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
// input_rows
//===----------------------------------------------------------------------===//

LogicalResult InputRowsOp::verify() {
  if (getType().getRank() == 2 && getType().isDynamicDim(0) && !getType().isDynamicDim(1)) // C1
    return success();
  return emitOpError() << "expected a result of shape [?, K] but got "
                       << rules::shapeText(getType().getShape());
}

SmallVector<DimList> InputRowsOp::inferDims(ArrayRef<DimList>) {
  return {rules::dimsOf(getType(), Dim::tokens())};
}

Cost InputRowsOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  const DimList dims = inferDims(operandDims)[0];
  Cost cost;
  cost.activationBytes = rules::bytes(getType(), dims, step) +
                         rules::bytes(getType().clone(Float32Type::get(getContext())), dims, step);
  return cost;
}

//===----------------------------------------------------------------------===//
// mean
//===----------------------------------------------------------------------===//

LogicalResult MeanOp::verify() {
  const RankedTensorType input = getInput().getType();
  if (failed(rules::expectElement(*this, "result", getType(), input.getElementType()))) // C1
    return failure();
  if (input.getRank() == 0) // C2
    return emitOpError() << "expected an input of rank 1 or more but got " << input;
  SmallVector<int64_t> shape(input.getShape());
  shape.back() = 1;
  return rules::expectShape(*this, "result", getType(), shape); // C3
}

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

/// C2 and C3 of norms: vectors of the last extent, and eps.
template <typename Op>
static LogicalResult verifyNorm(Op op, ArrayRef<std::pair<StringRef, Value>> vectors) {
  const RankedTensorType input = op.getInput().getType();
  if (failed(rules::expectStaticAxis(op, input, input.getRank() - 1))) // C2
    return failure();
  for (auto [name, vector] : vectors)
    if (vector && failed(rules::expectShape(op, name, cast<RankedTensorType>(vector.getType()),
                                            input.getShape().back())))
      return failure();
  if (op.getEps().isNegative() || op.getEps().isNaN()) // C3
    return op.emitOpError() << "expected an eps of at least 0 but got "
                            << op.getEps().convertToFloat();
  return success();
}

LogicalResult RmsNormOp::verify() { return verifyNorm(*this, {{"gamma", getGamma()}}); }

SmallVector<DimList> RmsNormOp::inferDims(ArrayRef<DimList> operandDims) {
  return {operandDims[0]};
}

/// Square and sum, then the factor and gamma.
Cost RmsNormOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 4);
}

LogicalResult LayerNormOp::verify() {
  return verifyNorm(*this, {{"gamma", getGamma()}, {"beta", getBeta()}});
}

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

LogicalResult LinearOp::verify() {
  const RankedTensorType input = getInput().getType(), weight = getWeight().getType();
  if (!rules::canMultiply(input.getElementType(), weight.getElementType())) // C1
    return rules::expectElement(*this, "weight", weight, input.getElementType());
  if (failed(rules::expectMatrix(*this, "weight", weight)) ||  // C2
      failed(rules::expectInputColumns(*this, input, weight))) // C3
    return failure();
  SmallVector<int64_t> shape(input.getShape());
  shape.back() = rules::isPackedMatrix(weight) && getType().getRank() > 0
                     ? getType().getShape().back()
                     : weight.getDimSize(0);
  if (failed(rules::expectShape(*this, "result", getType(), shape)) || // C4
      failed(rules::expectWeightRows(*this, weight, shape.back(), /*groups=*/0)))
    return failure();
  return rules::expectF32Or(*this, "result", getType(), input.getElementType()); // C5
}

SmallVector<DimList> LinearOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::withLast(operandDims[0], lastDim(getResult()))};
}

Cost LinearOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 2.0 * step(operandDims[0].back()));
}

//===----------------------------------------------------------------------===//
// matmul, batch_matmul
//===----------------------------------------------------------------------===//

/// [.., M, K] times [.., K, N], or [.., N, K] if transposed: the stacks broadcast. Empty when the
/// two K differ.
static DimList productDims(ArrayRef<DimList> operandDims, bool isTransposed) {
  ArrayRef<Dim> lhs = operandDims[0], rhs = operandDims[1];
  if (lhs.size() < 2 || rhs.size() < 2 || lhs.back() != rhs[rhs.size() - (isTransposed ? 1 : 2)])
    return {};
  DimList dims = rules::broadcast(lhs.drop_back(2), rhs.drop_back(2));
  dims.push_back(lhs[lhs.size() - 2]);
  dims.push_back(rhs[rhs.size() - (isTransposed ? 2 : 1)]);
  return dims;
}

/// C1 of products: element types.
template <typename Op>
static LogicalResult verifyProductTypes(Op op) {
  const Type elements = op.getLhs().getType().getElementType();
  return success(succeeded(rules::expectElement(op, "rhs", op.getRhs().getType(), elements)) &&
                 succeeded(rules::expectF32Or(op, "result", op.getType(), elements)));
}

/// The result is [stack.., M, N].
template <typename Op>
static LogicalResult verifyProductShape(Op op, ArrayRef<int64_t> stack) {
  ArrayRef<int64_t> lhs = op.getLhs().getType().getShape().take_back(2);
  ArrayRef<int64_t> rhs = op.getRhs().getType().getShape().take_back(2);
  SmallVector<int64_t> shape(stack);
  shape.append({lhs[0], op.getTransposeB() ? rhs[0] : rhs[1]});
  return rules::expectShape(op, "result", op.getType(), shape);
}

/// The extents K of a product's operands are equal.
template <typename Op>
static LogicalResult verifyContraction(Op op) {
  ArrayRef<int64_t> lhs = op.getLhs().getType().getShape(), rhs = op.getRhs().getType().getShape();
  if (lhs.back() == rhs[rhs.size() - (op.getTransposeB() ? 1 : 2)])
    return success();
  return op.emitOpError() << "expected equal inner extents but got " << rules::shapeText(lhs)
                          << " and " << rules::shapeText(rhs)
                          << (op.getTransposeB() ? " transposed" : "");
}

LogicalResult MatmulOp::verify() {
  if (failed(verifyProductTypes(*this))) // C1
    return failure();
  if (getLhs().getType().getRank() != 2 || getRhs().getType().getRank() != 2) // C2
    return emitOpError() << "expected operands of rank 2 but got "
                         << rules::shapeText(getLhs().getType().getShape()) << " and "
                         << rules::shapeText(getRhs().getType().getShape());
  if (failed(verifyContraction(*this))) // C3
    return failure();
  return verifyProductShape(*this, {}); // C4
}

SmallVector<DimList> MatmulOp::inferDims(ArrayRef<DimList> operandDims) {
  return {productDims(operandDims, getTransposeB())};
}

Cost MatmulOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 2.0 * step(operandDims[0].back()));
}

LogicalResult BatchMatmulOp::verify() {
  ArrayRef<int64_t> lhs = getLhs().getType().getShape(), rhs = getRhs().getType().getShape();
  if (failed(verifyProductTypes(*this))) // C1
    return failure();
  if (lhs.size() != rhs.size() || lhs.size() < 3) // C2
    return emitOpError() << "expected operands of one rank, 3 or more, but got "
                         << rules::shapeText(lhs) << " and " << rules::shapeText(rhs);
  if (failed(verifyContraction(*this))) // C3
    return failure();
  auto stack = rules::broadcastShape(lhs.drop_back(2), rhs.drop_back(2));
  if (!stack) // C4
    return emitOpError() << "expected stacks that broadcast but got " << rules::shapeText(lhs)
                         << " and " << rules::shapeText(rhs);
  return verifyProductShape(*this, *stack); // C5
}

SmallVector<DimList> BatchMatmulOp::inferDims(ArrayRef<DimList> operandDims) {
  return {productDims(operandDims, getTransposeB())};
}

Cost BatchMatmulOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, 2.0 * step(operandDims[0].back()));
}
