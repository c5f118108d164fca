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

/// Whether a dispatch needs nothing of those from `first` on, and they nothing of it. Buffers have
/// no places yet: every result is apart from all else.
static bool joinsGroup(ArrayRef<DispatchOp> plan, int64_t first, int64_t number,
                       const PlanBuffers &buffers) {
  auto uses = [&](int64_t dispatch, auto isKind) {
    return llvm::any_of(DispatchOp(plan[size_t(dispatch)]).getBindings(), isKind);
  };
  auto isCache = [](Attribute binding) { return isa<KvAttr>(binding); };
  auto isResult = [](Attribute binding) { return isa<ResultAttr>(binding); };
  bool takesResult = uses(number, isResult);
  for (int64_t other = first; other < number; ++other)
    if (uses(other, isCache) || (takesResult && uses(other, isResult)))
      return false;
  return !uses(number, isCache) &&
         llvm::none_of(buffers.ofBinding[size_t(number)], [&](int64_t buffer) {
           return buffer >= 0 && buffers.buffers[size_t(buffer)].writer >= first &&
                  buffers.buffers[size_t(buffer)].writer < number;
         });
}

/// Lets dispatches run together with those before them, as far back as all are independent.
static void markTogether(PlanOp plan, const PlanBuffers &buffers) {
  auto dispatches = llvm::to_vector(plan.getBody().getOps<DispatchOp>());
  int64_t first = 0; // of the group
  for (auto [number, dispatch] : llvm::enumerate(dispatches)) {
    bool joins = number > 0 && joinsGroup(dispatches, first, int64_t(number), buffers);
    dispatch.setTogether(joins);
    if (!joins)
      first = int64_t(number);
  }
}

void PlanMemoryPass::runOnOperation() {
  for (auto plan : getOperation().getOps<PlanOp>()) {
    FailureOr<PlanBuffers> buffers = PlanBuffers::collect(plan);
    if (failed(buffers))
      return signalPassFailure();
    markTogether(plan, *buffers);
    buffers->extendOverGroups(plan);
    Expected<MemoryPlan> memory = planMemory(buffers->usages());
    if (!memory) {
      plan.emitOpError() << memory.status().message();
      return signalPassFailure();
    }
    moveBuffers(plan, *buffers, *memory);
  }
}

} // namespace graphc
