#include "codegen/EmitKernels.h"

using namespace mlir;

namespace graphc {

std::optional<StepBounds> planBounds(ModuleOp module) {
  auto plans = module.getOps<PlanOp>();
  if (plans.empty())
    return std::nullopt;
  PlanOp plan = *plans.begin();
  auto tokens = static_cast<int64_t>(plan.getMaxTokens());
  return StepBounds{tokens, tokens, static_cast<int64_t>(plan.getContext())};
}

FailureOr<EmittedKernels> emitKernels(ModuleOp plan, const StepBounds &bounds,
                                      const Target &target) {
  EmittedKernels result;
  result.module = ModuleOp::create(plan.getLoc());
  for (KernelOp kernel : plan.getOps<KernelOp>()) {
    FailureOr<EmittedKernel> emitted = emitKernel(kernel, bounds, target, *result.module);
    if (failed(emitted))
      return failure();
    result.entries.push_back({kernel, "graphc_" + kernel.getSymName().str(), *emitted});
  }
  return result;
}

FailureOr<CompiledKernels> lowerKernels(EmittedKernels &kernels) {
  SmallVector<EntryPoint> entryPoints;
  for (KernelEntry &entry : kernels.entries) {
    EntryPoint point{entry.kernel.getSymName().str(), entry.symbol, {}};
    unsigned slot = 0;
    auto addSlots = [&](ArrayRef<Type> types) {
      for (Type type : types) {
        if (!isa<StepType>(type))
          point.operandSlots.push_back(slot);
        ++slot;
      }
    };
    addSlots(entry.kernel.getArgumentTypes());
    addSlots(entry.kernel.getResultTypes());
    entryPoints.push_back(std::move(point));
  }
  return CompiledKernels::create(*kernels.module, entryPoints);
}

} // namespace graphc
