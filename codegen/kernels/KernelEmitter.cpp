#include "codegen/kernels/KernelEmitter.h"

using namespace mlir;

namespace graphc {

static KernelFamily *familyOf(Operation *op) {
  if (isa<LinearOp, FusedLinearOp, FusedQkvOp>(op))
    return emitMatmulKernel;
  if (isa<PrepareRowsOp>(op))
    return emitPrepareRowsKernel;
  if (isa<AppendQkvOp>(op))
    return emitAppendQkvKernel;
  if (isa<NormAddOp>(op))
    return emitNormAddKernel;
  if (isa<FlashAttentionOp>(op))
    return emitAttentionKernel;
  return emitGenericKernel;
}

FailureOr<EmittedKernel> emitKernel(KernelOp kernel, const StepBounds &bounds, const Target &target,
                                    ModuleOp module) {
  FailureOr<KernelFunction> function = KernelFunction::create(module, kernel, bounds);
  if (failed(function))
    return failure();
  Operation *op = kernel.getComputedOp();
  FailureOr<EmittedKernel> emitted = familyOf(op)(op, *function, target);
  if (succeeded(emitted) && emitted->scratchBytes > kMaxScratchBytes)
    return op->emitError("kernel wants ")
           << emitted->scratchBytes << " bytes of scratch per thread, expected at most "
           << kMaxScratchBytes << "; a smaller --max-chunk needs less";
  return emitted;
}

} // namespace graphc
