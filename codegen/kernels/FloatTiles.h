// Products of bf16 rows and bf16 panels in tile registers (Intel's AMX).
//
//   sum[r][c] += Σ of the even k of 32, + Σ of the odd ones      TDPBF16PS, k in order
//
// Here the instruction does add, so every sum of a kernel comes from it: one row takes a tile of 16
// as well, of which 15 rows are nobody's. Rows are copied side by side once for all panels of a
// group; panels are read where they are. The thread's scratch:
//
//   sums      [rows of a tile][32] f32
//   rows      [k / 32][rows of a tile][32] bf16
#ifndef GRAPHC_CODEGEN_KERNELS_FLOATTILES_H
#define GRAPHC_CODEGEN_KERNELS_FLOATTILES_H

#include "codegen/kernels/BlockProduct.h"
#include "codegen/kernels/KernelFunction.h"

namespace graphc {

class FloatTiles {
public:
  /// Rows of the largest tile, four tile registers of sums; and of the smaller one, two of them.
  static constexpr int64_t kMostRows = 32;
  static constexpr int64_t kLeastRows = 16;

  /// Whether rows and weights of these types and so many numbers of k are multiplied so.
  static bool multiply(const Target &target, mlir::Type rows, mlir::Type weight, int64_t depth);

  /// `depth`: numbers of k. `scratchOffset`: where the scratch is free, behind the sums.
  FloatTiles(KernelFunction &function, int64_t depth, int64_t scratchOffset)
      : function(function), depth(depth), scratchOffset(scratchOffset) {}

  int64_t scratchBytes() const;

  /// Copies `count` rows, an index, for tiles of `tileRows`.
  void packRows(mlir::ImplicitLocOpBuilder &b, const LeftRows &rows, mlir::Value count,
                int64_t tileRows);

  /// Writes the products of the copied rows and a panel to `sums`, [tileRows][32] f32. `prefetch`:
  /// how many bytes ahead the weight is fetched.
  void multiply(mlir::ImplicitLocOpBuilder &b, const RightPanel &right, mlir::Value sums,
                int64_t tileRows, int64_t prefetch);

private:
  struct Tiles;

  mlir::Value packed(mlir::ImplicitLocOpBuilder &b);
  void multiplyBlocks(mlir::ImplicitLocOpBuilder &b, const Tiles &tiles, mlir::Value block,
                      int64_t count);

  KernelFunction &function;
  int64_t depth;
  int64_t scratchOffset;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_FLOATTILES_H
