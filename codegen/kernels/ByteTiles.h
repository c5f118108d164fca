// Products of 16 quantized rows at once in tile registers (Intel's AMX), the fourth and largest way
// to multiply integers (see IntegerProduct.cpp for the others). The sums of a span are the same
// integers, so a row's bits do not depend on the way.
//
// A tile instruction wants its factors as they lie in memory: the rows of a tile are copied side by
// side once for all panels of a group, panels of less than 8 bits are unpacked to int8 once for all
// rows. Both go to the thread's scratch:
//
//   dots      [2] [spans][16][16] i32                      what the vector unit scales and adds up
//   rows      [groups] { [spans][16][32] i8, [16] f32 }    integers, scales
//   panels    [panels of a group] blocks                   int8, see UnpackedPanels.h
//
// where `spans` are those of a group of the rows' columns.
#ifndef GRAPHC_CODEGEN_KERNELS_BYTETILES_H
#define GRAPHC_CODEGEN_KERNELS_BYTETILES_H

#include "codegen/kernels/BlockProduct.h"
#include "codegen/kernels/KernelFunction.h"
#include "codegen/kernels/UnpackedPanels.h"

namespace graphc {

class ByteTiles {
public:
  /// Rows of a tile.
  static constexpr int64_t kRows = 16;

  /// Whether rows and weights of these types are multiplied so.
  static bool multiply(const Target &target, mlir::Type rows, mlir::Type weight);

  /// `rows`, `weight`: in which format they are. `blocks`: groups of columns in a panel.
  /// `panelsTogether`: what a group is a multiple of. `scratchOffset`: where the scratch is free.
  ByteTiles(KernelFunction &function, const Target &target, QuantRowFormat rows, QuantFormat weight,
            int64_t blocks, int64_t panelsTogether, int64_t scratchOffset);

  /// Panels whose rows are copied once for all of them.
  int64_t panelsOfGroup() const;
  int64_t scratchBytes() const;

  /// Copies the 16 rows that begin at `rows.start`.
  LeftRows packRows(mlir::ImplicitLocOpBuilder &b, const LeftRows &rows);

  /// Makes the panels [first, end) of `weight` ready: nothing to do for int8.
  void unpackPanels(mlir::ImplicitLocOpBuilder &b, mlir::Value weight, mlir::Value first,
                    mlir::Value end);

  /// Panel number `panel` of the group that begins with `first`, all channels of `vectors`.
  RightPanel panel(mlir::ImplicitLocOpBuilder &b, mlir::Value weight, mlir::Value panel,
                   mlir::Value first);

  /// The product of what packRows() and panel() return.
  std::unique_ptr<BlockProduct> product(mlir::ImplicitLocOpBuilder &b);

private:
  bool unpacks() const { return packed.bits != unpacked.bits; }
  int64_t rowGroups() const { return blocks * unpacked.group / rowFormat.group; }
  int64_t panelBytes() const { return blocks * unpacked.blockBytes(kPanelRows); }
  int64_t rowsOffset() const;
  int64_t panelsOffset() const;
  mlir::Value bytes(mlir::ImplicitLocOpBuilder &b, int64_t count, int64_t offset);
  UnpackedPanels unpackedPanels() const;

  KernelFunction &function;
  const Target &target;
  QuantRowFormat rowFormat;
  QuantFormat packed;   ///< As in the plan.
  QuantFormat unpacked; ///< As tiles take it.
  int64_t blocks;
  int64_t panelsTogether;
  int64_t scratchOffset;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_BYTETILES_H
