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

/// Dimensions of numpy's broadcast: aligned at the last, an extent 1 gives way to the other. Empty
/// when two symbols meet that differ.
DimList broadcast(llvm::ArrayRef<Dim> lhs, llvm::ArrayRef<Dim> rhs);

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

/// Numbers of a tensor in a step.
double elements(llvm::ArrayRef<Dim> dims, const StepDims &step);

/// Bytes of a tensor in a step; 0 for other types.
double bytes(mlir::Type type, llvm::ArrayRef<Dim> dims, const StepDims &step);

/// Bits that a number takes in memory, its share of scales included.
double bitsPerNumber(mlir::Type elementType);

/// Bytes of all operands (weights apart from activations) and results of an op.
Cost memoryCost(mlir::Operation *op, llvm::ArrayRef<DimList> operandDims, const StepDims &step);

/// memoryCost and `flops` operations for each number of the first result.
Cost elementwiseCost(mlir::Operation *op, llvm::ArrayRef<DimList> operandDims, const StepDims &step,
                     double flops);

/// Operations of a gated network's activation, for one number.
double flopsOf(Activation activation);

//===----------------------------------------------------------------------===//
// Verifiers: each emits "expected .. but got .." and fails when the expectation does not hold
//===----------------------------------------------------------------------===//

/// "[?, 64]"
std::string shapeText(llvm::ArrayRef<int64_t> shape);

/// A tensor has this shape; `what` names it, as in "gamma".
mlir::LogicalResult expectShape(mlir::Operation *op, llvm::StringRef what,
                                mlir::RankedTensorType type, llvm::ArrayRef<int64_t> shape);

/// A tensor has this element type.
mlir::LogicalResult expectElement(mlir::Operation *op, llvm::StringRef what,
                                  mlir::RankedTensorType type, mlir::Type elementType);

/// A tensor's elements are of one of two types: f32, or another.
mlir::LogicalResult expectF32Or(mlir::Operation *op, llvm::StringRef what,
                                mlir::RankedTensorType type, mlir::Type other);

/// `axis` is a dimension of the tensor, with a static extent.
mlir::LogicalResult expectStaticAxis(mlir::Operation *op, mlir::RankedTensorType type,
                                     int64_t axis);

/// `value` is at least `least`.
mlir::LogicalResult expectAtLeast(mlir::Operation *op, llvm::StringRef what, int64_t value,
                                  int64_t least);

/// A rope table is tensor<CxDxf32> with `headDim` for D.
mlir::LogicalResult expectRopeTable(mlir::Operation *op, mlir::RankedTensorType table,
                                    int64_t headDim);

/// A soft cap's bound is positive.
mlir::LogicalResult expectCap(mlir::Operation *op, const llvm::APFloat &cap);

/// Shape of numpy's broadcast of two shapes; nothing when they do not fit.
std::optional<llvm::SmallVector<int64_t>> broadcastShape(llvm::ArrayRef<int64_t> lhs,
                                                         llvm::ArrayRef<int64_t> rhs);

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Whether a type is that of a packed matrix, tensor<P x Kp/kp x 32 x kp x t> (see PanelLayout.h).
bool isPackedMatrix(mlir::RankedTensorType type);

/// Columns of a channel that stand side by side in a packed matrix of such elements: kp.
int64_t panelInterleaveOf(mlir::Type elementType);

/// Whether rows and a weight of such floats are multiplied: of one type, or f32 by what f32 holds
/// exactly.
bool canMultiply(mlir::Type rows, mlir::Type weight);

/// What rows are rounded to before they meet a weight, given the types of both and what the op says
/// (or nothing).
mlir::Type productRowsType(mlir::RankedTensorType input, mlir::RankedTensorType weight,
                           std::optional<mlir::Type> rows);

/// Rows of a natural or packed matrix; of a packed one, with its padding.
int64_t weightRows(mlir::RankedTensorType type);

/// Columns of a natural or packed matrix; of a packed one, with its padding.
int64_t weightColumns(mlir::RankedTensorType type);

/// The weight of a product is a static matrix, natural or packed.
mlir::LogicalResult expectMatrix(mlir::Operation *op, llvm::StringRef what,
                                 mlir::RankedTensorType type);

/// The last extent of a product's input fits its weight: equal to a natural weight's columns, and
/// enough for a packed one's.
mlir::LogicalResult expectInputColumns(mlir::Operation *op, mlir::RankedTensorType input,
                                       mlir::RankedTensorType weight);

/// A weight has `rows` rows; when packed, as many panels as rows in `groups` need.
mlir::LogicalResult expectWeightRows(mlir::Operation *op, mlir::RankedTensorType weight,
                                     int64_t rows, int64_t groups);

} // namespace graphc::rules

#endif // GRAPHC_IR_OPRULES_H
