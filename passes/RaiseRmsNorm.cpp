// --graphc-raise-rms-norm (see Passes.td).
#include "passes/Matchers.h"
#include "passes/PassCounters.h"
#include "passes/Passes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_RAISERMSNORMPASS
#include "passes/Passes.h.inc"

namespace {

/// y = x * rsqrt(mean(x * x) + eps) * gamma by its parts.
struct RmsNormParts {
  MulOp square;
  MeanOp mean;
  AddOp addEps;
  RsqrtOp rsqrt;
  MulOp result; ///< The last product: its value is the norm's.
  MulOp inner;  ///< The first product: x * r or x * gamma.
  Value input;
  Value gamma;
  double eps = 0;
};

class RaiseRmsNormPass : public impl::RaiseRmsNormPassBase<RaiseRmsNormPass>, public CountedPass {
public:
  void runOnOperation() override;
};

} // namespace

/// The operand of a product that is not `factor`.
static Value otherFactor(MulOp mul, Value factor) {
  return mul.getLhs() == factor ? mul.getRhs() : mul.getLhs();
}

/// Whether an rsqrt is what this pass looks for: that of a mean plus a constant.
static bool matchAnchor(RmsNormParts &parts, RsqrtOp rsqrt) {
  parts.rsqrt = rsqrt;
  parts.addEps = rsqrt.getInput().getDefiningOp<AddOp>();
  if (!parts.addEps)
    return false;
  for (auto [mean, eps] : {std::pair(parts.addEps.getLhs(), parts.addEps.getRhs()),
                           std::pair(parts.addEps.getRhs(), parts.addEps.getLhs())}) {
    auto number = matchSplat(eps);
    parts.mean = mean.getDefiningOp<MeanOp>();
    if (number && parts.mean) {
      parts.eps = *number;
      return true;
    }
  }
  return false;
}

static bool isGamma(Value value, Value input) {
  return shapeOf(value).size() == 1 && shapeOf(value)[0] == shapeOf(input).back();
}

/// mean(x * x), used by nothing but the norm.
static Refusal matchMeanSquare(RmsNormParts &parts) {
  parts.square = parts.mean.getInput().getDefiningOp<MulOp>();
  if (!parts.square || parts.square.getLhs() != parts.square.getRhs())
    return "the mean is not that of x * x";
  parts.input = parts.square.getLhs();
  for (Operation *op : {parts.square.getOperation(), parts.mean.getOperation(),
                        parts.addEps.getOperation(), parts.rsqrt.getOperation()})
    if (!op->hasOneUse())
      return "a second user of " + op->getName().getStringRef().str();
  return {};
}

/// (x * r) * gamma or (x * gamma) * r.
static Refusal matchProducts(RmsNormParts &parts) {
  Value factor = parts.rsqrt.getResult();
  auto byFactor = soleUser<MulOp>(factor);
  if (!byFactor)
    return "the reciprocal root is not multiplied";
  Value other = otherFactor(byFactor, factor);
  if (other == parts.input) {
    parts.inner = byFactor;
    parts.result = soleUser<MulOp>(byFactor.getResult());
    if (!parts.result)
      return "no product with gamma follows, or the normalised rows have a second user";
    parts.gamma = otherFactor(parts.result, byFactor.getResult());
  } else {
    parts.result = byFactor;
    parts.inner = other.getDefiningOp<MulOp>();
    if (!parts.inner ||
        (parts.inner.getLhs() != parts.input && parts.inner.getRhs() != parts.input))
      return "the reciprocal root multiplies another value than the one squared";
    if (!parts.inner->hasOneUse())
      return "a second user of x * gamma";
    parts.gamma = otherFactor(parts.inner, parts.input);
  }
  if (!isGamma(parts.gamma, parts.input))
    return "gamma is not a vector as long as a row";
  if (parts.result.getType() != parts.input.getType())
    return "mixed types: the norm's result is not of the type of its input";
  return {};
}

void RaiseRmsNormPass::runOnOperation() {
  resetCounters();
  SmallVector<RsqrtOp> anchors;
  getOperation().walk([&](RsqrtOp op) { anchors.push_back(op); });
  IRRewriter rewriter(&getContext());
  for (RsqrtOp anchor : anchors) {
    RmsNormParts parts;
    if (!matchAnchor(parts, anchor))
      continue;
    Refusal refusal = matchMeanSquare(parts);
    if (refusal.empty())
      refusal = matchProducts(parts);
    if (!refusal.empty()) {
      recordMiss(anchor, refusal);
      continue;
    }
    rewriter.setInsertionPoint(parts.result);
    auto norm = RmsNormOp::create(rewriter, fuseLocations({parts.mean, parts.rsqrt, parts.result}),
                                  parts.input.getType(), parts.input, parts.gamma,
                                  rewriter.getF32FloatAttr(float(parts.eps)));
    rewriter.replaceOp(parts.result, norm);
    for (Operation *op :
         {parts.inner.getOperation(), parts.rsqrt.getOperation(), parts.addEps.getOperation(),
          parts.mean.getOperation(), parts.square.getOperation()})
      rewriter.eraseOp(op);
    recordHit();
  }
}

} // namespace graphc
