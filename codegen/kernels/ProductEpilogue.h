// Matmuls whose product a library computes: what graphc generates for them is the epilogue.
#ifndef GRAPHC_CODEGEN_KERNELS_PRODUCTEPILOGUE_H
#define GRAPHC_CODEGEN_KERNELS_PRODUCTEPILOGUE_H

#include "codegen/kernels/KernelEmitter.h"

#include <variant>

namespace graphc {

/// A kernel whose product may be computed by a provider (runtime/plan/ProductAbi.h).
struct EmittedProduct {
  PlanProduct plan;
  int64_t scratchBytes = 0; ///< Per thread, with the sums of a slice.
};

/// Why a kernel's product stays generated.
using ProductRefusal = std::string;

/// Whether oneDNN can compute the product of `kernel`, one that emitKernel() emitted as `emitted`.
/// If so, its epilogue is emitted as a func.func `name` with the kernel's signature at the end of
/// `module`: it applies to tasks [begin, end) what the kernel does after the product, to sums that
/// lie in scratch, f32 [rows][channels of these tasks], from PlanProduct::sumsOffset on.
mlir::FailureOr<std::variant<EmittedProduct, ProductRefusal>>
emitProductEpilogue(KernelOp kernel, const EmittedKernel &emitted, const StepBounds &bounds,
                    const Target &target, mlir::ModuleOp module, const std::string &name);

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_PRODUCTEPILOGUE_H
