// What the two factors of a product are made of, and how a block of them is multiplied: the part of
// the micro-kernel (MicroKernel.h) that depends on number formats.
//
// A block is as much of k as is multiplied at a time: one step of a dot product where both factors
// are floats; where the right one is quantized, what it keeps together, or a group of the rows that
// are quantized too, which is a part of that or several of them. A new format is a new way to read
// a block; loops, tiles and epilogues know nothing of it.
#ifndef GRAPHC_CODEGEN_KERNELS_BLOCKPRODUCT_H
#define GRAPHC_CODEGEN_KERNELS_BLOCKPRODUCT_H

#include "codegen/kernels/UnpackedPanels.h"
#include "codegen/target/Target.h"
#include "ir/GraphDialect.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <memory>

namespace graphc {

/// The left factor: rows whose elements along k stand side by side.
struct LeftRows {
  mlir::Value memory; ///< Rank 1: f32, bf16, or the bytes of quantized rows.
  mlir::Value start;  ///< Element of row 0, k = 0; an index.
  int64_t stride = 0; ///< Elements from a row to the next.
  int64_t width = 0;  ///< Of quantized rows: integers of a row; its scales and sums follow.
};

/// Channels that are multiplied together.
struct RightVector {
  int64_t channel = 0;     ///< The first one, in its panel.
  mlir::Value offset = {}; ///< Elements from the first panel to this one; null: it is the first.

  /// Where the element is in this panel that the first has at `at`.
  mlir::Value inPanel(mlir::ImplicitLocOpBuilder &b, mlir::Value at) const;
};

/// Asking for memory before it is read.
struct Fetch {
  int64_t distance = 0; ///< Bytes ahead; 0: not at all.
  unsigned hint = 3;    ///< Where to: 3 into the first-level cache, 2 into the second, 0 into the
                        ///< first past the others.
};

/// The right factor: blocks of k, in each the channels of some vectors. They may be of several
/// panels, which are then read side by side.
struct RightPanel {
  mlir::Value memory; ///< Rank 1: floats, or bytes.
  mlir::Value start;  ///< Element of the first block; an index.
  int64_t stride = 0; ///< Elements from what it keeps together of k to the next.
  llvm::SmallVector<RightVector> vectors; ///< In the order of the panels.
  Fetch fetch = {};
  /// Elements where pieces of memory begin that the caller reads after this: each turn asks for as
  /// much of all of them together as it reads itself.
  llvm::SmallVector<mlir::Value> next = {};

  /// Asks for what is `fetch.distance` ahead of `bytes` bytes from element `at` of the first panel
  /// on, and for the same of the others.
  void emitFetches(mlir::ImplicitLocOpBuilder &b, mlir::Value at, int64_t bytes) const;
};

/// Block `index + offset` of both factors.
struct BlockPlace {
  const LeftRows &left;
  const RightPanel &right;
  mlir::Value index;
  int64_t offset;
  int64_t valid;    ///< Elements of k that the left factor has in this block.
  int64_t turn = 0; ///< 0 or 1, in turns from block to block.
};

class BlockProduct {
public:
  virtual ~BlockProduct() = default;

  /// Elements of k in a block.
  virtual int64_t depth() const = 0;

  /// Whether begin() wants to be emitted for a block before emit() is for the block in front of it.
  virtual bool runsAhead() const { return false; }
  /// Starts what emit() of the same block will need and wait for.
  virtual void begin(const BlockPlace &place, int64_t rows) {}

  /// Whether emit() fetches ahead itself, piece by piece.
  virtual bool fetches() const { return false; }

  /// Adds the products of a block to `sums`: rows x vectors of the right factor, row by row, each
  /// vector<lanes x f32>.
  virtual void emit(const BlockPlace &place, int64_t rows,
                    llvm::MutableArrayRef<mlir::Value> sums) = 0;
};

/// Whether floats on the left are widened to f32 and multiplied one by one: true unless the left
/// factor is bf16, the right one bf16, i8 or quantized, and the target has a dot product that pays.
bool multipliesWidened(const Target &target, mlir::Type left, mlir::Type right);

/// Element types, floats or QuantType: f32 or bf16 rows with a right factor of f32, f16, bf16 or
/// plain i8 in pairs as bf16 (bf16 rows need one of the latter two), f32 rows with a quantized one,
/// bf16 rows with a quantized one unless they are widened, quantized rows with a quantized one.
std::unique_ptr<BlockProduct> makeBlockProduct(mlir::ImplicitLocOpBuilder &builder,
                                               const Target &target, mlir::Type left,
                                               mlir::Type right);

/// The parts of makeBlockProduct().
std::unique_ptr<BlockProduct> makeFloatProduct(mlir::ImplicitLocOpBuilder &builder,
                                               const Target &target, mlir::Type left,
                                               mlir::Type right);
/// f32 rows, bf16 rows, and quantized rows, by a quantized right factor, those of the latter two
/// perhaps unpacked.
std::unique_ptr<BlockProduct> makeWidenedProduct(mlir::ImplicitLocOpBuilder &builder,
                                                 const Target &target, QuantFormat format);
std::unique_ptr<BlockProduct> makePairProduct(mlir::ImplicitLocOpBuilder &builder,
                                              const Target &target, QuantPanels panels);
std::unique_ptr<BlockProduct> makeIntegerProduct(mlir::ImplicitLocOpBuilder &builder,
                                                 const Target &target, QuantRowFormat rows,
                                                 QuantPanels panels);
/// One of the latter two, for panels whose numbers were unpacked.
std::unique_ptr<BlockProduct> makeUnpackedProduct(mlir::ImplicitLocOpBuilder &builder,
                                                  const Target &target, mlir::Type left,
                                                  QuantPanels panels);

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_BLOCKPRODUCT_H
