// All kernels of a plan, from graphc.kernel to optimized LLVM IR.
#ifndef GRAPHC_CODEGEN_EMITKERNELS_H
#define GRAPHC_CODEGEN_EMITKERNELS_H

#include "codegen/kernels/KernelEmitter.h"
#include "codegen/kernels/ProductEpilogue.h"
#include "codegen/lowering/KernelCompiler.h"

#include <optional>
#include <vector>

namespace graphc {

/// A kernel as the plan will name it.
struct KernelEntry {
  KernelOp kernel;
  std::string symbol; ///< The entry point in the shared object.
  EmittedKernel emitted;
  /// How a provider may compute the kernel's product (see emitProducts).
  std::optional<EmittedProduct> product = {};
  std::optional<PlanTrial> trial = {}; ///< What decided about that, if it was measured.

  /// Per thread, with and without the provider.
  int64_t scratchBytes() const {
    return std::max(emitted.scratchBytes, product ? product->scratchBytes : 0);
  }
};

/// A matmul that keeps its generated product.
struct RefusedProduct {
  std::string kernel;
  ProductRefusal reason;
};

/// Kernels as MLIR functions: what `dump --stage kernels` shows.
struct EmittedKernels {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<KernelEntry> entries;
};

/// The bounds that the graphc.plan of a module states; none without a plan.
std::optional<StepBounds> planBounds(mlir::ModuleOp module);

/// Emits every graphc.kernel of `plan`, in order.
mlir::FailureOr<EmittedKernels> emitKernels(mlir::ModuleOp plan, const StepBounds &bounds,
                                            const Target &target);

/// Gives every matmul whose product oneDNN can compute an epilogue for that. Returns the others.
mlir::FailureOr<llvm::SmallVector<RefusedProduct>>
emitProducts(EmittedKernels &kernels, const StepBounds &bounds, const Target &target);

/// Lowers emitted kernels to LLVM IR with their entry points. Uses `kernels.module` up.
mlir::FailureOr<CompiledKernels> lowerKernels(EmittedKernels &kernels);

} // namespace graphc

#endif // GRAPHC_CODEGEN_EMITKERNELS_H
