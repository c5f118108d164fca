// Kernels for PrepareRows.
#include "codegen/kernels/KernelEmitter.h"

using namespace mlir;

namespace graphc {

FailureOr<EmittedKernel> emitPrepareRowsKernel(Operation *op, KernelFunction &, const Target &) {
  return op->emitError("no kernel for this op");
}

} // namespace graphc
