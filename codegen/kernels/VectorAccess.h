// Reading and writing memory by vectors of which only some lanes exist.
//
// Rows are dense, so a vector at the end of a row may not touch what lies behind it. How many lanes
// exist is always known when the kernel is made: such a vector is read or written in pieces of 8,
// 4, 2 and 1 lanes, which every target can do.
#ifndef GRAPHC_CODEGEN_KERNELS_VECTORACCESS_H
#define GRAPHC_CODEGEN_KERNELS_VECTORACCESS_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace graphc {

/// A dense memref of static shape as one of rank 1.
mlir::Value flattened(mlir::ImplicitLocOpBuilder &b, mlir::Value memory);

/// base + elements, as index.
mlir::Value indexPlus(mlir::ImplicitLocOpBuilder &b, mlir::Value base, int64_t elements);
/// base * factor, as index.
mlir::Value indexTimes(mlir::ImplicitLocOpBuilder &b, mlir::Value base, int64_t factor);

/// The first `count` lanes from element `at` of a rank-1 memref, the others zero and not read.
mlir::Value loadLanes(mlir::ImplicitLocOpBuilder &b, mlir::VectorType type, mlir::Value memory,
                      mlir::Value at, int64_t count);

/// Writes the first `count` lanes of `value` from element `at` on, and nothing else.
void storeLanes(mlir::ImplicitLocOpBuilder &b, mlir::Value value, mlir::Value memory,
                mlir::Value at, int64_t count);

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_VECTORACCESS_H
