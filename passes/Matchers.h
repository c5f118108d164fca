// Small questions that patterns ask about values.
#ifndef GRAPHC_PASSES_MATCHERS_H
#define GRAPHC_PASSES_MATCHERS_H

#include "ir/GraphDialect.h"

#include "mlir/IR/Builders.h"

#include <optional>

namespace graphc {

/// The type's extents; they are those of a tensor.
inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

inline mlir::Type elementTypeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getElementType();
}

/// The tensor type with another element type.
mlir::RankedTensorType withElementType(mlir::Type tensor, mlir::Type elementType);

/// The number that a constant repeats, or nothing for another value.
std::optional<double> matchSplat(mlir::Value value);

/// input * factor, however it is written: `scale`, or a product or quotient with a constant of
/// equal numbers, the reciprocal square root of one included.
struct UniformScale {
  mlir::Value input;
  double factor;
};
std::optional<UniformScale> matchUniformScale(mlir::Value value);

/// The only user of a value when it is an `Op`; null otherwise.
template <typename Op>
Op soleUser(mlir::Value value) {
  return value.hasOneUse() ? llvm::dyn_cast<Op>(*value.user_begin()) : Op();
}

/// The value before casts.
mlir::Value skipCasts(mlir::Value value);

/// `value` with another element type: itself, or a cast.
mlir::Value castElements(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                         mlir::Type elementType);

/// Whether an operand is the weight that a linear, fused_linear or fused_qkv multiplies rows with.
bool isProductWeight(mlir::OpOperand &use);

/// What an activation op computes on its input.
struct ActivationMatch {
  mlir::Value input;
  Activation activation;
};
std::optional<ActivationMatch> matchActivation(mlir::Value value);

/// Rows [begin, end) of a linear's output channels: the value is `slice %of axis 1`.
struct ChannelRange {
  SliceOp slice;
  int64_t begin;
  int64_t end;
};

/// All users of `value` as slices of its last dimension, from the first channel to the last;
/// nothing when another op uses it or the slices do not cover every channel exactly once.
std::optional<llvm::SmallVector<ChannelRange>> matchChannelSplit(mlir::Value value);

/// The location of an op that stands for several; null ops are left out.
mlir::Location fuseLocations(llvm::ArrayRef<mlir::Operation *> ops);

/// Erases the ops whose results nobody needs, those that only they needed included.
void eraseDeadOps(mlir::Operation *root);

} // namespace graphc

#endif // GRAPHC_PASSES_MATCHERS_H
