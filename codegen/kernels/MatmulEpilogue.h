// What happens to a row's sums after the product, and where the result goes.
//
// An epilogue is written once, for one row of one panel (or of the part of its vectors that a pass
// takes); the loops around it (MatmulKernel.cpp) apply it to the rows of every shape class, so that
// all classes do the same arithmetic.
#ifndef GRAPHC_CODEGEN_KERNELS_MATMULEPILOGUE_H
#define GRAPHC_CODEGEN_KERNELS_MATMULEPILOGUE_H

#include "codegen/kernels/KernelFunction.h"
#include "codegen/target/Target.h"
#include "ir/PanelLayout.h"

#include <memory>

namespace graphc {

/// How many of a panel's channels exist: `full`, in every `period`-th panel `last`. Where halves
/// are interleaved, channels of a half.
struct PanelWidth {
  int64_t period = 1;
  int64_t full = kPanelRows;
  int64_t last = kPanelRows;
};

/// The sums of a row.
struct RowSums {
  mlir::Value row;                  ///< An index.
  mlir::Value panel;                ///< An index.
  int64_t channels;                 ///< That exist in this panel, by PanelWidth.
  llvm::ArrayRef<int64_t> places;   ///< Which of the panel's vectors the sums are.
  llvm::ArrayRef<mlir::Value> sums; ///< vector<lanes x f32> each.
};

/// The sums of neighbouring rows.
struct PanelSums {
  mlir::Value panel;    ///< An index.
  mlir::Value firstRow; ///< An index.
  int64_t rows;
  llvm::ArrayRef<int64_t> places;      ///< Which of the panel's vectors the sums are.
  llvm::SmallVector<mlir::Value> sums; ///< rows x places, row by row.
};

class MatmulEpilogue {
public:
  virtual ~MatmulEpilogue() = default;

  virtual PanelWidth width() const = 0;
  /// The epilogue pairs the halves of a panel, which makes the code for a row long: better looped
  /// over than repeated for each row of a tile.
  virtual bool isLong() const = 0;
  /// Emits the epilogue of one row at the builder's place.
  virtual void emitRow(mlir::ImplicitLocOpBuilder &b, const RowSums &row) const = 0;

  /// Panels that hold what the epilogue needs of a row at once, from a multiple of their number on:
  /// they come one after the other, with at most kTileRows rows, all neighbours, under way at a
  /// time; passes of a panel come in order.
  virtual int64_t panelsTogether() const { return 1; }
  /// What the epilogue keeps meanwhile: bytes at the beginning of the thread's scratch.
  virtual int64_t scratchBytes() const { return 0; }
  static constexpr int64_t kTileRows = 64;

  /// Emits the epilogue of some rows, once for panels of full width and once for narrower ones.
  void emitRows(mlir::ImplicitLocOpBuilder &b, const PanelSums &rows) const;
};

/// The memories that every epilogue may read; null where the op has no such operand.
struct ScaleAndBias {
  mlir::Value factor; ///< memref<rows x f32>: row_factor.
  mlir::Value bias;   ///< memref<32 * panels x f32>, in the order of the packed rows.

  /// sum * factor[row] + bias[channel], for each of the row's sums.
  llvm::SmallVector<mlir::Value> apply(mlir::ImplicitLocOpBuilder &b, const RowSums &row) const;
};

/// linear and fused_linear: bias, activation(gate) * up, residual, store.
std::unique_ptr<MatmulEpilogue> makeLinearEpilogue(mlir::ImplicitLocOpBuilder &b, LinearOp op,
                                                   KernelFunction &function, const Target &target);
std::unique_ptr<MatmulEpilogue> makeLinearEpilogue(mlir::ImplicitLocOpBuilder &b, FusedLinearOp op,
                                                   KernelFunction &function, const Target &target);

/// fused_qkv: bias, rotation; queries are stored, keys and values appended to the cache.
std::unique_ptr<MatmulEpilogue> makeQkvEpilogue(mlir::ImplicitLocOpBuilder &b, FusedQkvOp op,
                                                KernelFunction &function, const Target &target);

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_MATMULEPILOGUE_H
