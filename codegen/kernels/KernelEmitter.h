// From a graphc.kernel to a function of loops and vectors.
//
// A family of kernels is an emitter: it takes a kernel whose op it knows, fills a KernelFunction
// for a target, and says how the work is cut into tasks. The families are in one table
// (KernelEmitter.cpp); adding one is a function and a row.
#ifndef GRAPHC_CODEGEN_KERNELS_KERNELEMITTER_H
#define GRAPHC_CODEGEN_KERNELS_KERNELEMITTER_H

#include "codegen/kernels/KernelFunction.h"
#include "codegen/target/Target.h"
#include "runtime/plan/PlanHeader.h"

namespace graphc {

/// What the plan must know of an emitted kernel.
struct EmittedKernel {
  PlanTasks tasks;
  int64_t scratchBytes = 0; ///< Per thread.
};

/// Emits `kernel` as a func.func of the same name at the end of `module`. Fails with a diagnostic
/// at the op when no family can do it on this target.
mlir::FailureOr<EmittedKernel> emitKernel(KernelOp kernel, const StepBounds &bounds,
                                          const Target &target, mlir::ModuleOp module);

/// A family: fills `function` for `op`, the op that the kernel computes.
using KernelFamily = mlir::FailureOr<EmittedKernel>(mlir::Operation *op, KernelFunction &function,
                                                    const Target &target);

KernelFamily emitMatmulKernel;      ///< linear, fused_linear, fused_qkv
KernelFamily emitPrepareRowsKernel; ///< prepare_rows
KernelFamily emitAppendQkvKernel;   ///< append_qkv
KernelFamily emitNormAddKernel;     ///< norm_add
KernelFamily emitAttentionKernel;   ///< flash_attention
KernelFamily emitGenericKernel;     ///< every other op

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_KERNELEMITTER_H
