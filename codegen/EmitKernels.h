// All kernels of a plan, from graphc.kernel to optimized LLVM IR.
#ifndef GRAPHC_CODEGEN_EMITKERNELS_H
#define GRAPHC_CODEGEN_EMITKERNELS_H

#include "codegen/kernels/KernelEmitter.h"
#include "codegen/lowering/KernelCompiler.h"

#include <optional>

namespace graphc {

/// A kernel as the plan will name it.
struct KernelEntry {
  KernelOp kernel;
  std::string symbol; ///< The entry point in the shared object.
  EmittedKernel emitted;
};

/// Kernels as MLIR functions: what `dump --stage kernels` shows.
struct EmittedKernels {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvm::SmallVector<KernelEntry> entries;
};

/// The bounds that the graphc.plan of a module states; none without a plan.
std::optional<StepBounds> planBounds(mlir::ModuleOp module);

/// Emits every graphc.kernel of `plan`, in order.
mlir::FailureOr<EmittedKernels> emitKernels(mlir::ModuleOp plan, const StepBounds &bounds,
                                            const Target &target);

/// Lowers emitted kernels to LLVM IR with their entry points. Uses `kernels.module` up.
mlir::FailureOr<CompiledKernels> lowerKernels(EmittedKernels &kernels);

} // namespace graphc

#endif // GRAPHC_CODEGEN_EMITKERNELS_H
