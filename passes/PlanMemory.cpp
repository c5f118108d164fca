// --graphc-plan-memory (see Passes.td).
#include "passes/Passes.h"
#include "passes/analysis/PlanBuffers.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_PLANMEMORYPASS
#include "passes/Passes.h.inc"

namespace {

class PlanMemoryPass : public impl::PlanMemoryPassBase<PlanMemoryPass> {
public:
  void runOnOperation() override;
};

} // namespace

/// Writes the new offsets into the dispatches.
static void moveBuffers(PlanOp plan, const PlanBuffers &buffers, const MemoryPlan &memory) {
  OpBuilder builder(plan->getContext());
  size_t number = 0;
  for (auto dispatch : plan.getBody().getOps<DispatchOp>()) {
    SmallVector<Attribute> bindings(dispatch.getBindings().getValue());
    for (auto [binding, buffer] : llvm::zip(bindings, buffers.ofBinding[number]))
      if (buffer >= 0)
        binding = ArenaAttr::get(plan->getContext(), int64_t(memory.offsets[size_t(buffer)]));
    dispatch.setBindingsAttr(builder.getArrayAttr(bindings));
    ++number;
  }
  plan.setArenaBytes(memory.arenaBytes);
}

void PlanMemoryPass::runOnOperation() {
  for (auto plan : getOperation().getOps<PlanOp>()) {
    FailureOr<PlanBuffers> buffers = PlanBuffers::collect(plan);
    if (failed(buffers))
      return signalPassFailure();
    Expected<MemoryPlan> memory = planMemory(buffers->usages());
    if (!memory) {
      plan.emitOpError() << memory.status().message();
      return signalPassFailure();
    }
    moveBuffers(plan, *buffers, *memory);
  }
}

} // namespace graphc
