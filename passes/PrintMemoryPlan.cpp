// --graphc-print-memory-plan (see Passes.td).
#include "passes/Passes.h"
#include "passes/analysis/PlanBuffers.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_PRINTMEMORYPLANPASS
#include "passes/Passes.h.inc"

namespace {

class PrintMemoryPlanPass : public impl::PrintMemoryPlanPassBase<PrintMemoryPlanPass> {
public:
  void runOnOperation() override;
};

} // namespace

void PrintMemoryPlanPass::runOnOperation() {
  for (auto plan : getOperation().getOps<PlanOp>()) {
    FailureOr<PlanBuffers> buffers = PlanBuffers::collect(plan);
    if (failed(buffers))
      return signalPassFailure();
    buffers->extendOverGroups(plan);
    buffers->print(llvm::outs());
  }
  markAllAnalysesPreserved();
}

} // namespace graphc
