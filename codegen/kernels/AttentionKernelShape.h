// The numbers of one attention kernel that are known when it is made: sizes, types, and how rows
// are cut into tasks and tiles.
//
// A row is a pair of a token and a query head; its keys and values are those of its head's group.
// A task is a key head and a block of tokens; a run is the part of a block that belongs to one
// sequence; a tile is a few rows of a run that go through the pages of the cache together.
#ifndef GRAPHC_CODEGEN_KERNELS_ATTENTIONKERNELSHAPE_H
#define GRAPHC_CODEGEN_KERNELS_ATTENTIONKERNELSHAPE_H

#include "codegen/kernels/KernelFunction.h"
#include "codegen/target/Target.h"

#include <optional>

namespace graphc {

struct AttentionShape {
  AttentionShape(FlashAttentionOp op, const Target &target);

  KvLayout layout;
  int64_t heads; ///< H, of queries.
  int64_t group; ///< Query heads of a key head, H / Hkv.

  /// The query is bf16 and so is the cache, or of integers that bf16 holds exactly: weights of
  /// values are rounded to bf16. Otherwise the products are of
  /// f32 numbers (widening is exact).
  bool isBf16;
  /// How the left factors of both products, queries and weights of values, are kept: bf16 where the
  /// target multiplies pairs of it, else f32, which saves widening them again for every page.
  mlir::Type leftType;
  mlir::Type cacheType;

  double scale;
  std::optional<double> cap;
  std::optional<int64_t> window;

  /// Tokens of a task, and rows of a run at most.
  int64_t blockTokens, blockRows;

  int64_t lanes;
  /// Rows of a tile, largest first, powers of two from `lanes` down to 1: a run is cut greedily.
  llvm::SmallVector<int64_t> tileRows;
  /// Rows of such a tile that are multiplied together, and the vectors of sums that stand side by
  /// side in registers for each of them.
  int64_t productRows(int64_t rows) const { return std::min(rows, mostProductRows); }
  int64_t vectorsOf(int64_t rows) const { return sumVectors / productRows(rows); }
  /// Whether tiles of so many rows are those of one token: each page is read once, from memory.
  bool isStream(int64_t rows) const { return rows <= group; }

  /// What a share keeps of a row and a piece, in f32: [m, l, ...], 64 bytes, then O [Dp].
  static constexpr int64_t kKeptValues = 16;
  int64_t keptNumbers() const { return kKeptValues + paddedDim(); }

  int64_t headDim() const { return layout.headDim; }
  int64_t paddedDim() const { return layout.paddedDim(); }

private:
  int64_t sumVectors; ///< Sums in registers, in vectors.
  int64_t mostProductRows;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_ATTENTIONKERNELSHAPE_H
