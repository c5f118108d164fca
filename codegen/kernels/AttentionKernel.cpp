// Kernels for Attention.
#include "codegen/kernels/KernelEmitter.h"

using namespace mlir;

namespace graphc {

FailureOr<EmittedKernel> emitAttentionKernel(Operation *op, KernelFunction &, const Target &) {
  return op->emitError("no kernel for this op");
}

} // namespace graphc
