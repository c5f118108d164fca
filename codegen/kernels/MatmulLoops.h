// The loops around the micro-kernel: panels of a task range, row tiles of a panel.
//
//   for group of panels in [first, end)         weights that stay in the second-level cache
//     for each class of row tiles               12, 8, 4, 2, 1 rows, see MatmulLoops.cpp
//       for each tile of that class, greedily   so that T = 1 runs the class of one row
//         for panel in group
//           sums = all of k                     in registers (MicroKernel)
//           epilogue of each row
//
// One function serves every T: which classes have tiles is arithmetic on T. A row's bits do not
// depend on the class that it falls into. Large panels are taken in pieces of k (MatmulPieces.cpp).
// Where the target has tile registers, integers have one more class, of 16 rows (ByteTiles), and
// bf16 has two of its own (FloatTiles). Elsewhere quantized panels are unpacked once for many rows
// (UnpackedPanels), where that pays.
#ifndef GRAPHC_CODEGEN_KERNELS_MATMULLOOPS_H
#define GRAPHC_CODEGEN_KERNELS_MATMULLOOPS_H

#include "codegen/kernels/ByteTiles.h"
#include "codegen/kernels/FloatTiles.h"
#include "codegen/kernels/MatmulEpilogue.h"
#include "codegen/kernels/MatmulTiles.h"
#include "codegen/kernels/MicroKernel.h"
#include "codegen/kernels/UnpackedPanels.h"

namespace graphc {

/// The factors of a product: rows [T][width] and packed panels [P][blocks][32][kp].
struct MatmulFactors {
  mlir::Value rows;   ///< Rank 1: f32, bf16, or the bytes of quantized rows.
  mlir::Value weight; ///< Rank 1: floats, or the bytes of quantized panels.
  mlir::Type rowType; ///< Element types, quantized ones included.
  mlir::Type weightType;
  int64_t rowWidth = 0;    ///< Numbers of a row.
  int64_t rowStride = 0;   ///< Elements of `rows` from a row to the next.
  int64_t depth = 0;       ///< Numbers of k that are multiplied; at most rowWidth.
  int64_t blocks = 0;      ///< Of k in a panel, kp numbers each.
  int64_t blockStride = 0; ///< Elements of `weight` from a block to the next.
};

class MatmulLoops {
public:
  MatmulLoops(KernelFunction &function, const Target &target, const MatmulFactors &factors,
              const MatmulEpilogue &epilogue);

  /// Emits the loops at `b`: panels [first, end), rows [0, rows).
  void emit(mlir::ImplicitLocOpBuilder &b, mlir::Value first, mlir::Value end, mlir::Value rows);

  /// What emit() uses of the thread's scratch.
  int64_t scratchBytes() const;

private:
  struct Range {
    mlir::Value first, end;
  };
  /// Where a pass stands.
  struct TilePlace {
    mlir::Value panel;
    mlir::Value firstRow;
    LeftRows left;
    llvm::SmallVector<int64_t> places; ///< Which of each panel's vectors.
    mlir::Value firstOfGroup;          ///< Panel that the group begins with.
    int64_t streams = 1;               ///< Panels that are read side by side, `panel` the first.
    mlir::Value apart = {};            ///< Panels from one of them to the next.
  };
  /// A part of k.
  struct Piece {
    int64_t depth;                            ///< Numbers.
    mlir::Value first = {};                   ///< Block that it begins with; null: the first.
    llvm::SmallVector<mlir::Value> sums = {}; ///< Of what comes before it; none: zeros.
  };

  llvm::ArrayRef<TileClass> classes() const;
  int64_t maxRows() const;
  bool widensRows() const;
  bool isQuantized() const { return llvm::isa<QuantType>(factors.weightType); }
  int64_t widenedStride() const;
  int64_t sumsOffset() const;

  mlir::Value groupSize(mlir::ImplicitLocOpBuilder &b, mlir::Value rows, mlir::Value panels);
  mlir::Value rowsOfClass(mlir::ImplicitLocOpBuilder &b, const TileClass &tile, mlir::Value rows,
                          mlir::Value first);
  void unpackForManyRows();
  int64_t bytesOfBlocks(int64_t blocks) const;
  int64_t panelsOfGroup() const;
  int64_t storedSums() const;

  void emitGroupsInTiles(mlir::ImplicitLocOpBuilder &b, mlir::Value first, mlir::Value end,
                         mlir::Value rows);
  void emitTileRows(mlir::ImplicitLocOpBuilder &b, Range rows, int64_t tileRows, Range panels);
  void emitClass(mlir::ImplicitLocOpBuilder &b, const TileClass &tile, Range rows, Range panels);
  mlir::Value emitStreams(mlir::ImplicitLocOpBuilder &b, const TileClass &tile, TilePlace place,
                          Range panels);
  void unpackPanels(mlir::ImplicitLocOpBuilder &b, Range rows, Range panels);
  void emitPanels(mlir::ImplicitLocOpBuilder &b, const TileClass &tile, TilePlace place);
  bool keepsSums(const TileClass &tile) const;
  void emitRowsOfPanels(mlir::ImplicitLocOpBuilder &b, TilePlace place, int64_t rows,
                        llvm::ArrayRef<mlir::Value> sums);
  LeftRows leftRows(mlir::ImplicitLocOpBuilder &b, const TileClass &tile, mlir::Value firstRow);
  LeftRows widenRows(mlir::ImplicitLocOpBuilder &b, const LeftRows &rows, int64_t count);
  RightPanel rightPanel(mlir::ImplicitLocOpBuilder &b, const TileClass &tile,
                        const TilePlace &place);
  bool splitsHalves(const TileClass &tile) const;
  llvm::SmallVector<mlir::Value> emitSums(mlir::ImplicitLocOpBuilder &b, const TileClass &tile,
                                          const TilePlace &place, const Piece &piece);
  mlir::Value scratchSums(mlir::ImplicitLocOpBuilder &b);
  // `base`: where a tile's sums begin in scratch, an index.
  void storeSums(mlir::ImplicitLocOpBuilder &b, const TilePlace &place, mlir::Value base,
                 mlir::ValueRange sums);
  void emitStoredRows(mlir::ImplicitLocOpBuilder &b, mlir::Value rows, const TilePlace &place,
                      mlir::Value base);
  void emitRows(mlir::ImplicitLocOpBuilder &b, const TilePlace &place, mlir::Value firstRow,
                int64_t rows, mlir::ValueRange sums);

  // MatmulPieces.cpp
  static const int64_t kSlabRows;
  int64_t pieceBlocks() const;
  bool hasPieces() const { return pieceBlocks() < factors.blocks; }
  void emitClassInPieces(mlir::ImplicitLocOpBuilder &b, const TileClass &tile, Range rows,
                         Range panels);
  void emitPiece(mlir::ImplicitLocOpBuilder &b, const TileClass &tile, Range slab, Range panels,
                 const Piece &piece);
  void clearSums(mlir::ImplicitLocOpBuilder &b, Range slab);
  llvm::SmallVector<mlir::Value> loadSums(mlir::ImplicitLocOpBuilder &b, const TileClass &tile,
                                          const TilePlace &place, mlir::Value base);
  void forEachTile(mlir::ImplicitLocOpBuilder &b, const TileClass &tile, Range slab, Range panels,
                   llvm::function_ref<void(TilePlace &, mlir::Value)> body);

  KernelFunction &function;
  const Target &target;
  const MatmulFactors &factors;
  const MatmulEpilogue &epilogue;
  std::optional<ByteTiles> tiles;               ///< Where integers are multiplied so.
  std::optional<FloatTiles> floatTiles;         ///< Where bf16 is multiplied so.
  std::optional<UnpackedPanels> unpackedPanels; ///< For many rows.
  QuantPanels quantPanels;                      ///< What they are unpacked to.
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_MATMULLOOPS_H
