// The way from a matmul's rows to heads that are normalised, rotated and cast.
#ifndef GRAPHC_PASSES_HEADPATH_H
#define GRAPHC_PASSES_HEADPATH_H

#include "passes/PassCounters.h"

#include "ir/GraphDialect.h"

namespace graphc {

/// What queries, keys or values are made of:
///
///   slice of the channels, reshape [T, H, D], transpose [H, T, D], rms_norm of each head, rope,
///   cast
///
/// where all but reshape and transpose may be missing, the norm may stand before the transpose, and
/// the rotation may be one of each head's first numbers: slices, rope, concat.
struct HeadPath {
  mlir::Value rows;   ///< The matmul's result, [T, N].
  int64_t offset = 0; ///< First channel.
  SliceOp slice;      ///< Null where all channels are heads, as all below.
  TransposeOp transpose;
  RmsNormOp norm;
  RopeOp rope;
  CastOp cast;
  mlir::Value result;

  int64_t heads() { return transpose.getType().getDimSize(0); }
  int64_t headDim() { return transpose.getType().getDimSize(2); }
  /// Whether a part of each head is left as it is.
  bool isPartlyRotated() { return rope && rope.getTable().getType().getDimSize(1) != headDim(); }

  /// Follows the way that ends with `value`, every step of which has one user; `name` is that of
  /// the heads in refusals, as in "keys".
  Refusal matchTo(mlir::Value value, llvm::StringRef name);
  /// Follows the way that begins with a slice of the rows.
  Refusal matchFrom(SliceOp begin, llvm::StringRef name);

private:
  Refusal follow(mlir::Value channels, llvm::StringRef name);
};

} // namespace graphc

#endif // GRAPHC_PASSES_HEADPATH_H
