#include "passes/LinearParts.h"

#include "passes/Matchers.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace graphc {

bool LinearParts::isRows(Value value) {
  return shapeOf(value).size() == 2 && ShapedType::isDynamic(shapeOf(value)[0]);
}

bool LinearParts::isLinear(Operation *op) {
  if (auto linear = dyn_cast_if_present<LinearOp>(op))
    return isRows(linear.getInput()) && shapeOf(linear.getWeight()).size() == 2;
  return isa_and_present<FusedLinearOp>(op);
}

LinearParts LinearParts::of(Operation *op) {
  LinearParts parts;
  parts.resultType = cast<RankedTensorType>(op->getResult(0).getType());
  if (auto linear = dyn_cast<LinearOp>(op)) {
    parts.input = linear.getInput();
    parts.weight = linear.getWeight();
    // A weight that becomes f32 where it is multiplied: its rows must not become what it is.
    if (elementTypeOf(parts.input) != elementTypeOf(parts.weight))
      parts.rows = TypeAttr::get(elementTypeOf(parts.input));
  } else {
    auto fused = cast<FusedLinearOp>(op);
    parts.input = fused.getInput();
    parts.weight = fused.getWeight();
    parts.gamma = fused.getGamma();
    parts.beta = fused.getBeta();
    parts.rowFactor = fused.getRowFactor();
    parts.bias = fused.getBias();
    parts.residual = fused.getResidual();
    parts.eps = fused.getEpsAttr();
    parts.layerEps = fused.getLayerEpsAttr();
    parts.rows = fused.getRowsAttr();
    parts.gate = fused.getGateAttr();
    parts.act = fused.getActAttr();
    parts.cap = fused.getCapAttr();
  }
  auto cast = parts.input.getDefiningOp<CastOp>();
  if (cast && elementTypeOf(parts.input) == elementTypeOf(parts.weight) && !parts.hasPrologue())
    parts.input = cast.getInput();
  return parts;
}

std::optional<LinearParts> LinearParts::ofValue(Value value) {
  Operation *op = value.getDefiningOp();
  if (!isLinear(op))
    return std::nullopt;
  return of(op);
}

bool LinearParts::hasSamePrologue(const LinearParts &other) const {
  return eps == other.eps && layerEps == other.layerEps && gamma == other.gamma &&
         beta == other.beta && rowFactor == other.rowFactor;
}

int64_t LinearParts::channels() const { return shapeOf(weight)[0]; }

FusedLinearOp LinearParts::build(OpBuilder &builder, Location location) const {
  return FusedLinearOp::create(builder, location, resultType, input, weight, gamma, beta, rowFactor,
                               bias, residual, eps, layerEps, rows, gate, act, cap);
}

void LinearParts::fuseAll(Operation *root) {
  IRRewriter rewriter(root->getContext());
  root->walk([&](LinearOp linear) {
    if (!isLinear(linear))
      return;
    rewriter.setInsertionPoint(linear);
    rewriter.replaceOp(linear, of(linear).build(rewriter, linear.getLoc()));
  });
}

} // namespace graphc
