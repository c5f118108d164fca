// Loops and branches of a kernel, without carried values.
#ifndef GRAPHC_CODEGEN_KERNELS_LOOPS_H
#define GRAPHC_CODEGEN_KERNELS_LOOPS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace graphc {

/// Emits `body` in a loop from `first` to `end`; it gets the induction variable, an index.
void emitLoop(mlir::ImplicitLocOpBuilder &b, mlir::Value first, mlir::Value end, mlir::Value step,
              llvm::function_ref<void(mlir::Value)> body);
void emitLoop(mlir::ImplicitLocOpBuilder &b, mlir::Value first, mlir::Value end, int64_t step,
              llvm::function_ref<void(mlir::Value)> body);

/// The same for [0, count).
void emitLoop(mlir::ImplicitLocOpBuilder &b, int64_t count,
              llvm::function_ref<void(mlir::Value)> body);

/// Emits `then` for when `condition` holds, and `otherwise`, if it is given, for when not.
void emitIf(mlir::ImplicitLocOpBuilder &b, mlir::Value condition, llvm::function_ref<void()> then,
            llvm::function_ref<void()> otherwise = {});

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_LOOPS_H
