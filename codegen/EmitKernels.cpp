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

/// Name of the function that is a kernel's epilogue alone.
static std::string epilogueName(KernelOp kernel) { return kernel.getSymName().str() + "_epilogue"; }

FailureOr<SmallVector<RefusedProduct>>
emitProducts(EmittedKernels &kernels, const StepBounds &bounds, const Target &target) {
  SmallVector<RefusedProduct> refused;
  for (KernelEntry &entry : kernels.entries) {
    if (!isa<LinearOp, FusedLinearOp, FusedQkvOp>(entry.kernel.getComputedOp()))
      continue;
    auto emitted = emitProductEpilogue(entry.kernel, entry.emitted, bounds, target, *kernels.module,
                                       epilogueName(entry.kernel));
    if (failed(emitted))
      return failure();
    if (auto *reason = std::get_if<ProductRefusal>(&*emitted)) {
      refused.push_back({entry.kernel.getSymName().str(), *reason});
      continue;
    }
    entry.product = std::get<EmittedProduct>(*emitted);
    entry.product->plan.epilogue = entry.symbol + "_epilogue";
  }
  return refused;
}

/// Entries of a kernel's arguments that are addresses of memory.
static SmallVector<unsigned> operandSlots(KernelOp kernel) {
  SmallVector<unsigned> slots;
  unsigned slot = 0;
  auto add = [&](ArrayRef<Type> types) {
    for (Type type : types) {
      if (!isa<StepType>(type))
        slots.push_back(slot);
      ++slot;
    }
  };
  add(kernel.getArgumentTypes());
  add(kernel.getResultTypes());
  return slots;
}

FailureOr<CompiledKernels> lowerKernels(EmittedKernels &kernels) {
  SmallVector<EntryPoint> entryPoints;
  for (KernelEntry &entry : kernels.entries) {
    SmallVector<unsigned> slots = operandSlots(entry.kernel);
    entryPoints.push_back({entry.kernel.getSymName().str(), entry.symbol, slots});
    if (entry.product)
      entryPoints.push_back({epilogueName(entry.kernel), entry.product->plan.epilogue, slots});
  }
  return CompiledKernels::create(*kernels.module, entryPoints);
}

} // namespace graphc
