// The MLIR context of tests that compile kernels.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_KERNELCONTEXT_H
#define GRAPHC_TESTS_UNIT_CODEGEN_KERNELCONTEXT_H

#include "mlir/IR/MLIRContext.h"

namespace graphc::test {

/// The program's one context with all that kernels and their lowering need, loaded. Without threads
/// of its own.
mlir::MLIRContext &kernelContext();

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_KERNELCONTEXT_H
