// Quantized panels whose integers were made ready once for all tiles of rows.
//
// A tile reads every integer of its panel: what it takes to get them out of their bytes is paid
// again by each tile. With many rows the panels of a group are unpacked to the thread's scratch
// first, into blocks that have the same scales, minimums and factors in the same places, and where
// the integers were:
//
//   [group / u][32][u] numbers     u columns of a channel side by side, 4 bytes in all; four
//                                in the order that they are packed in
//
// The numbers are those of a tile that unpacks for itself, so a row's bits do not depend on whether
// its panels were unpacked.
#ifndef GRAPHC_CODEGEN_KERNELS_UNPACKEDPANELS_H
#define GRAPHC_CODEGEN_KERNELS_UNPACKEDPANELS_H

#include "codegen/kernels/KernelFunction.h"
#include "codegen/target/Target.h"

#include <optional>

namespace graphc {

/// What unpacked integers are.
enum class PanelNumbers {
  Signed,   ///< i8: one factor of the tile instructions.
  Unsigned, ///< u8, of less than 8 bits as they are stored, of nonlinear ones plus 128: one factor
            ///< of VPDPBUSD and VPMADDUBSW.
  Bf16,     ///< One factor of VDPBF16PS, perhaps times a power of two (see QuantReader).
};

/// A quantized right factor, as packed or unpacked.
struct QuantPanels {
  QuantFormat format;
  std::optional<PanelNumbers> unpacked = std::nullopt;

  /// Columns of a channel that a 4-byte unit holds.
  int64_t unitColumns() const;
  /// Bytes of a panel's spans (QuantFormat::spanColumns() columns), of integers alone, of its
  /// groups of columns, and of its blocks.
  int64_t spanBytes() const;
  int64_t groupBytes() const;
  int64_t blockBytes() const;
};

class UnpackedPanels {
public:
  /// What panels are unpacked to for many rows; nothing where a tile reads them as they are packed.
  static std::optional<PanelNumbers> numbersFor(const Target &target, mlir::Type rows,
                                                QuantFormat format);

  /// `blocks`: those of a panel. `panelCount`: as many as are unpacked at a time.
  /// `scratchOffset`: where the scratch is free.
  UnpackedPanels(KernelFunction &function, const Target &target, QuantPanels layout, int64_t blocks,
                 int64_t panelCount, int64_t scratchOffset);

  int64_t panels() const { return panelCount; }
  int64_t scratchBytes() const { return panelCount * panelBytes(); }
  int64_t panelBytes() const { return blocks * layout.blockBytes(); }

  /// Unpacks the panels [first, end) of `weight`.
  void unpack(mlir::ImplicitLocOpBuilder &b, mlir::Value weight, mlir::Value first,
              mlir::Value end);

  /// The bytes of what unpack() wrote, rank 1.
  mlir::Value memory(mlir::ImplicitLocOpBuilder &b);

private:
  void copy(mlir::ImplicitLocOpBuilder &b, mlir::Value from, mlir::Value fromByte, mlir::Value to,
            mlir::Value toByte, int64_t count);
  void unpackGroup(mlir::ImplicitLocOpBuilder &b, mlir::Value from, mlir::Value fromByte,
                   mlir::Value to, mlir::Value toByte);

  KernelFunction &function;
  const Target &target;
  QuantPanels layout;
  int64_t blocks;
  int64_t panelCount;
  int64_t scratchOffset;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_UNPACKEDPANELS_H
