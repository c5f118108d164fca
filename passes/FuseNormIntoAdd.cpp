// --graphc-fuse-norm-into-add (see Passes.td).
#include "passes/LinearParts.h"
#include "passes/Matchers.h"
#include "passes/PassCounters.h"
#include "passes/Passes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_FUSENORMINTOADDPASS
#include "passes/Passes.h.inc"

namespace {

class FuseNormIntoAddPass : public impl::FuseNormIntoAddPassBase<FuseNormIntoAddPass>,
                            public CountedPass {
public:
  void runOnOperation() override;
};

} // namespace

static Refusal fuse(RmsNormOp norm, AddOp add, IRRewriter &rewriter) {
  Value residual = add.getLhs() == norm.getResult() ? add.getRhs() : add.getLhs();
  if (residual.getType() != norm.getType() || add.getType() != norm.getType())
    return "residual and norm differ in shape or type";
  rewriter.setInsertionPoint(add);
  Location location = fuseLocations({norm, add});
  rewriter.replaceOp(add, NormAddOp::create(rewriter, location, add.getType(), norm.getInput(),
                                            norm.getGamma(), residual, norm.getEpsAttr()));
  rewriter.eraseOp(norm);
  return {};
}

void FuseNormIntoAddPass::runOnOperation() {
  resetCounters();
  SmallVector<RmsNormOp> norms;
  getOperation().walk([&](RmsNormOp norm) { norms.push_back(norm); });
  IRRewriter rewriter(&getContext());
  for (RmsNormOp norm : norms) {
    auto add = soleUser<AddOp>(norm.getResult()); // Of two norms, the first may have taken it.
    if (!add || !LinearParts::isRows(norm.getInput()))
      continue;
    if (Refusal refusal = fuse(norm, add, rewriter); !refusal.empty())
      recordMiss(norm, refusal);
    else
      recordHit();
  }
}

} // namespace graphc
