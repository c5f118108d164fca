// Kernel functions (func, scf, memref, vector, arith, x86vector) to the LLVM dialect.
#ifndef GRAPHC_CODEGEN_LOWERING_LOWERTOLLVM_H
#define GRAPHC_CODEGEN_LOWERING_LOWERTOLLVM_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"

namespace mlir {
class DialectRegistry;
class OpPassManager;
} // namespace mlir

namespace graphc {

/// Registers the dialects and translations that lowering needs.
void registerLoweringDialects(mlir::DialectRegistry &registry);

/// Adds the passes that lowerToLlvm runs, in order.
void addLowerToLlvm(mlir::OpPassManager &passes);

/// Lowers every function of `module` in place. Memrefs become bare pointers (their shapes are
/// static). Fails with a diagnostic; what MLIR says stands behind "cannot lower the kernels".
mlir::LogicalResult lowerToLlvm(mlir::ModuleOp module);

} // namespace graphc

#endif // GRAPHC_CODEGEN_LOWERING_LOWERTOLLVM_H
