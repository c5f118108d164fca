// --graphc-fuse-norm-into-matmul (see Passes.td).
#include "ir/OpRules.h"
#include "passes/LinearParts.h"
#include "passes/Matchers.h"
#include "passes/PassCounters.h"
#include "passes/Passes.h"
#include "passes/WeightRewrite.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_FUSENORMINTOMATMULPASS
#include "passes/Passes.h.inc"

namespace {

class FuseNormIntoMatmulPass : public impl::FuseNormIntoMatmulPassBase<FuseNormIntoMatmulPass>,
                               public CountedPass {
public:
  using FuseNormIntoMatmulPassBase::FuseNormIntoMatmulPassBase;
  void runOnOperation() override;

private:
  void fuse(Operation *norm, Operation *linear, WeightRewriter &weights, IRRewriter &rewriter);
  bool scaleWeight(RmsNormOp norm, LinearParts &parts, Location location, WeightRewriter &weights,
                   IRRewriter &rewriter);
};

} // namespace

static Type productTypeOf(FusedLinearOp op) {
  return rules::productRowsType(op.getInput().getType(), op.getWeight().getType(), op.getRows());
}

static bool isNorm(Operation *op) { return isa_and_present<RmsNormOp, LayerNormOp>(op); }

/// Norms of rows, and others before a matmul. Those of heads before anything else belong to
/// fuse-rope-and-append.
static bool isAnchor(Operation *op) {
  return isNorm(op) &&
         (LinearParts::isRows(op->getResult(0)) ||
          llvm::any_of(op->getUsers(), [](Operation *user) { return isa<LinearOp>(user); }));
}

/// Collects the matmuls that read the norm's rows, directly or converted to their weight's type.
static Refusal collectMatmuls(Value rows, SmallVectorImpl<Operation *> &matmuls) {
  for (OpOperand &use : rows.getUses()) {
    Operation *user = use.getOwner();
    if (auto cast = dyn_cast<CastOp>(user)) {
      if (Refusal refusal = collectMatmuls(cast.getResult(), matmuls); !refusal.empty())
        return refusal;
      continue;
    }
    if (!LinearParts::isLinear(user) || use.getOperandNumber() != 0)
      return "the norm has a user that is no matmul: " + user->getName().getStringRef().str();
    // A fused_linear rounds its rows to a type of its own; rows rounded to another one stay so.
    auto fused = dyn_cast<FusedLinearOp>(user);
    if (fused && elementTypeOf(rows) != productTypeOf(fused) && !isNorm(rows.getDefiningOp()))
      return "mixed types: rows and weight differ";
    if (LinearParts::of(user).hasPrologue())
      return "the matmul has a prologue already";
    matmuls.push_back(user);
  }
  return {};
}

/// diag(gamma) folded into the weight's columns, in f32, before the weight is rounded.
static Value scaleColumns(OpBuilder &builder, Location location, Value weight, Value gamma) {
  Type elementType = elementTypeOf(weight);
  if (auto cast = weight.getDefiningOp<CastOp>(); cast && elementTypeOf(cast.getInput()).isF32())
    weight = cast.getInput();
  Type f32Type = withElementType(weight.getType(), builder.getF32Type());
  Value wide = castElements(builder, location, weight, builder.getF32Type());
  Value scaled = MulOp::create(builder, location, f32Type, wide, gamma);
  return castElements(builder, location, scaled, elementType);
}

/// Multiplies the weight by gamma where the options ask for it and weight and gamma allow it.
bool FuseNormIntoMatmulPass::scaleWeight(RmsNormOp norm, LinearParts &parts, Location location,
                                         WeightRewriter &weights, IRRewriter &rewriter) {
  WeightOp weight = weights.lookup(parts.weight);
  WeightOp gammaWeight = weights.lookup(norm.getGamma());
  if (gamma != GammaForm::Weight || !weight || !gammaWeight ||
      weight.getLayers() != gammaWeight.getLayers() ||
      !haveSameLayer(parts.weight, norm.getGamma()))
    return false;
  std::string name = (weight.getSymName() + ".scaled").str();
  WeightOp scaled = weights.derive({weight, gammaWeight}, name,
                                   [](OpBuilder &builder, Location location, ValueRange values) {
                                     return scaleColumns(builder, location, values[0], values[1]);
                                   });
  parts.weight = weights.use(rewriter, location, scaled, parts.weight);
  return true;
}

void FuseNormIntoMatmulPass::fuse(Operation *norm, Operation *linear, WeightRewriter &weights,
                                  IRRewriter &rewriter) {
  LinearParts parts = LinearParts::of(linear);
  rewriter.setInsertionPoint(linear);
  Location location = fuseLocations({norm, linear});
  parts.input = norm->getOperand(0);
  if (auto rms = dyn_cast<RmsNormOp>(norm)) {
    parts.eps = rms.getEpsAttr();
    if (!scaleWeight(rms, parts, location, weights, rewriter))
      parts.gamma = rms.getGamma();
  } else {
    auto layer = cast<LayerNormOp>(norm);
    parts.layerEps = layer.getEpsAttr();
    parts.gamma = layer.getGamma();
    parts.beta = layer.getBeta();
  }
  rewriter.replaceOp(linear, parts.build(rewriter, location));
}

/// Takes the conversion of rows to the weight's element type into the matmul.
static void fuseConversions(ModuleOp module, IRRewriter &rewriter) {
  module.walk([&](LinearOp linear) {
    LinearParts parts = LinearParts::of(linear);
    if (parts.input == linear.getInput())
      return;
    rewriter.setInsertionPoint(linear);
    rewriter.replaceOp(linear, parts.build(rewriter, linear.getLoc()));
  });
}

void FuseNormIntoMatmulPass::runOnOperation() {
  resetCounters();
  WeightRewriter weights(getOperation());
  SmallVector<Operation *> anchors;
  getOperation().walk([&](Operation *op) {
    if (isAnchor(op))
      anchors.push_back(op);
  });
  IRRewriter rewriter(&getContext());
  for (Operation *norm : anchors) {
    SmallVector<Operation *> matmuls;
    Refusal refusal = LinearParts::isRows(norm->getResult(0))
                          ? collectMatmuls(norm->getResult(0), matmuls)
                          : "the norm is not one of rows: expected [?, K]";
    if (refusal.empty() && matmuls.empty())
      refusal = "the norm has no users";
    if (!refusal.empty()) {
      recordMiss(norm, refusal);
      continue;
    }
    for (Operation *matmul : matmuls)
      fuse(norm, matmul, weights, rewriter);
    recordHit();
  }
  fuseConversions(getOperation(), rewriter);
  eraseDeadOps(getOperation());
  weights.eraseUnused();
}

} // namespace graphc
