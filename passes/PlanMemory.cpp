// --graphc-plan-memory (see Passes.td).
#include "passes/Passes.h"
#include "passes/analysis/PlanBuffers.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"

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

/// Lets dispatches run together with those before them, as far back as all are independent.
static void markTogether(PlanOp plan) {
  SymbolTableCollection symbols;
  SmallVector<DispatchOp> group;
  for (auto dispatch : plan.getBody().getOps<DispatchOp>()) {
    bool joins = !group.empty() && llvm::all_of(group, [&](DispatchOp other) {
      return dispatch.isIndependentOf(other, symbols);
    });
    dispatch.setTogether(joins);
    if (!joins)
      group.clear();
    group.push_back(dispatch);
  }
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
    markTogether(plan);
  }
}

} // namespace graphc
