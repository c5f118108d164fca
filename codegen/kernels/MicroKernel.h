// The inner loop of every matrix kernel: a few rows times a few vectors of channels, over all of k.
//
//   sum[r][v][lane] = Σ_k left[r][k] * right[k][v][lane]
//
// Every sum is one chain in the order of k, begun at its initial value: how many rows and vectors
// stand side by side, and how far the loop is unrolled, never changes a bit. The sums live in
// registers; `left` is broadcast from memory, `right` is read a vector at a time. How a block of k
// is multiplied depends on the formats of the factors (BlockProduct.h).
//
// Used by the matmul family (right: a panel of packed weights) and by attention (right: a page of
// keys, with tokens as channels, or a page of values).
#ifndef GRAPHC_CODEGEN_KERNELS_MICROKERNEL_H
#define GRAPHC_CODEGEN_KERNELS_MICROKERNEL_H

#include "codegen/kernels/BlockProduct.h"

namespace graphc {

/// Size of one run of the loop.
struct MicroTile {
  int64_t rows = 1;
  int64_t depth = 1;  ///< Extent of k, as far as `left` has it; `right` has enough blocks for it.
  int64_t unroll = 1; ///< Blocks in a turn of the loop.
  /// Takes so many blocks only, an index and a multiple of `unroll`, if not null. The blocks of
  /// `depth` are such a multiple as well, then.
  mlir::Value blocks = {};
  /// The first block, an index, if not null; then `depth` counts from there.
  mlir::Value first = {};
};

/// Elements of k that stand side by side in a packed right factor without scales: 1 for f32 and
/// f16, 2 for bf16 and i8.
int64_t packedPair(mlir::Type elementType);

class MicroKernel {
public:
  /// Element types of the factors: see makeBlockProduct().
  MicroKernel(mlir::ImplicitLocOpBuilder &builder, const Target &target, mlir::Type left,
              mlir::Type right);
  /// By a product of the caller's.
  MicroKernel(mlir::ImplicitLocOpBuilder &builder, const Target &target,
              std::unique_ptr<BlockProduct> product);

  /// Emits the loop at the builder's place. `initial` has rows * vectors values of type
  /// sumType(), row by row, or none for zeros; the result has them in the same order.
  llvm::SmallVector<mlir::Value> emit(const LeftRows &left, const RightPanel &right,
                                      const MicroTile &tile, mlir::ValueRange initial = {});

  /// vector<lanes x f32>.
  mlir::VectorType sumType() const;

private:
  void fetchTurn(const RightPanel &right, mlir::Value block, int64_t blocks);
  void fetchNext(const RightPanel &right, mlir::Value block, int64_t blocks);
  mlir::Value nextBlock(mlir::Value block, int64_t offset, int64_t blocks);

  mlir::ImplicitLocOpBuilder &b;
  int64_t lanes;
  std::unique_ptr<BlockProduct> product;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_MICROKERNEL_H
