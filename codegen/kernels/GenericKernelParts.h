// The parts of the generic family, each an emitter for the ops that its comment names.
#ifndef GRAPHC_CODEGEN_KERNELS_GENERICKERNELPARTS_H
#define GRAPHC_CODEGEN_KERNELS_GENERICKERNELPARTS_H

#include "codegen/kernels/GenericKernelLoops.h"

namespace graphc {

/// Fills `kernel` for `op` and says how the work is cut; fails with a diagnostic at the op.
using GenericEmitter = mlir::FailureOr<PlanTasks>(mlir::Operation *op, GenericLoops &kernel);

GenericEmitter emitElementwise; ///< add, sub, mul, div, activations, cast: number by number
GenericEmitter emitMove;        ///< reshape, transpose, embedding...: numbers from other places
GenericEmitter emitInputRows;   ///< input_rows
GenericEmitter emitConcat;      ///< concat
GenericEmitter emitConstant;    ///< constant
GenericEmitter emitRowOp;       ///< norms, mean, softmax along the last dimension, rope, mask
GenericEmitter emitSoftmax;     ///< softmax along any dimension
GenericEmitter emitMatmul;      ///< matmul, batch_matmul
GenericEmitter emitKvAppend;    ///< kv_append
GenericEmitter emitKvRead;      ///< kv_read

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_GENERICKERNELPARTS_H
