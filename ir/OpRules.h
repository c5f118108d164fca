// Rules that many ops share, for the files that implement the dialect: dimensions of results,
// costs, shapes of weights.
#ifndef GRAPHC_IR_OPRULES_H
#define GRAPHC_IR_OPRULES_H

#include "ir/GraphDialect.h"

namespace graphc::rules {

//===----------------------------------------------------------------------===//
// Dimensions
//===----------------------------------------------------------------------===//

/// Dimensions of a type whose `?` are `symbols`, in order. Empty when their numbers differ or the
/// type is no tensor.
DimList dimsOf(mlir::Type type, llvm::ArrayRef<Dim> symbols);

/// The dimensions of a type that has `like`'s symbols, in the same order.
DimList dimsLike(mlir::Type type, llvm::ArrayRef<Dim> like);

/// `input` with another last extent: what a matmul by a weight and a reduction yield.
DimList withLast(llvm::ArrayRef<Dim> input, Dim last);

/// Dimensions of numpy's broadcast: aligned at the last, an extent 1 gives way to the other.
DimList broadcast(llvm::ArrayRef<Dim> lhs, llvm::ArrayRef<Dim> rhs);

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

/// Numbers of a tensor in a step.
double elements(llvm::ArrayRef<Dim> dims, const StepDims &step);

/// Bytes of a tensor in a step; 0 for other types.
double bytes(mlir::Type type, llvm::ArrayRef<Dim> dims, const StepDims &step);

/// Bytes of all operands (weights apart from activations) and results of an op.
Cost memoryCost(mlir::Operation *op, llvm::ArrayRef<DimList> operandDims, const StepDims &step);

/// memoryCost and `flops` operations for each number of the first result.
Cost elementwiseCost(mlir::Operation *op, llvm::ArrayRef<DimList> operandDims, const StepDims &step,
                     double flops);

/// Operations of a gated network's activation, for one number.
double flopsOf(Activation activation);

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Whether a type is that of a packed matrix, tensor<P x Kp/kp x 32 x kp x t> (see PanelLayout.h).
bool isPackedMatrix(mlir::RankedTensorType type);

/// Rows of a natural or packed matrix; of a packed one, with its padding.
int64_t weightRows(mlir::RankedTensorType type);

/// Columns of a natural or packed matrix; of a packed one, with its padding.
int64_t weightColumns(mlir::RankedTensorType type);

} // namespace graphc::rules

#endif // GRAPHC_IR_OPRULES_H
