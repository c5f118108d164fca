// Kernels for every op that has no family of its own.
#include "codegen/kernels/KernelEmitter.h"

using namespace mlir;

namespace graphc {

FailureOr<EmittedKernel> emitGenericKernel(Operation *op, KernelFunction &, const Target &) {
  return op->emitError("no kernel for this op");
}

} // namespace graphc
