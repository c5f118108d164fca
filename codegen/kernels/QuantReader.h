// Numbers out of quantized rows and panels of quantized weights: where they are (ir/QuantFormat.h)
// and how they become f32. What a format with other integers has to add.
#ifndef GRAPHC_CODEGEN_KERNELS_QUANTREADER_H
#define GRAPHC_CODEGEN_KERNELS_QUANTREADER_H

#include "codegen/kernels/ByteDot.h"
#include "codegen/kernels/UnpackedPanels.h"
#include "codegen/target/Target.h"
#include "ir/GraphDialect.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace graphc {

class QuantReader {
public:
  QuantReader(mlir::ImplicitLocOpBuilder &builder, const Target &target, QuantFormat format)
      : b(builder), target(target), format(format), dot(builder, target, format) {}

  /// What a group's integers q of some channels stand for: scale * q + minimum, in f32, one channel
  /// a lane. `minimum` is null where the format has none.
  struct Scales {
    mlir::Value scale;
    mlir::Value minimum;
  };

  /// Those of the channels from `channel` of the panel on. `block` is the byte where their block
  /// begins. With two levels, they are what a group's factors are multiplied with.
  Scales scales(mlir::Value memory, mlir::Value block, int64_t channel);

  /// With two levels, those of a group that begins at the byte `group`.
  Scales scalesOfGroup(const Scales &block, mlir::Value memory, mlir::Value group, int64_t channel);

  /// 4 bytes of each of the same channels, vector<4 * lanes x i8>: number `unit`, an index, counted
  /// from the byte `data`.
  mlir::Value unit(mlir::Value memory, mlir::Value data, mlir::Value unit, int64_t channel);

  /// The same of the span whose integers begin there, with their high bits.
  QuantUnits units(mlir::Value memory, mlir::Value data, mlir::Value unit, int64_t channel);

  /// The integer at column `k` of a vector's units, as f32, one a lane.
  mlir::Value number(const QuantUnits &units, int64_t k);

  /// All columns of a vector's units as `numbers`, as many columns a vector as fit into its lanes:
  /// vectors of bytes as long as `units`. Four columns of bytes stay in their order
  /// (byteOfColumn()).
  llvm::SmallVector<mlir::Value> unpacked(const QuantUnits &units, PanelNumbers numbers);

  /// Columns k, which is even, and k + 1 of a vector's units as bf16, side by side in each lane,
  /// times 2^bf16Exponent(): integers that became the upper end of a word stay there.
  mlir::Value bf16Pair(const QuantUnits &units, int64_t k);
  int64_t bf16Exponent() const { return isLookedUp() ? 0 : 24; }

  /// Four bytes of quantized rows, as `type` in every lane.
  mlir::Value word(mlir::Value memory, mlir::Value byte, mlir::Type type);

private:
  /// Whether a table of 16 numbers has all that an integer can be.
  bool isLookedUp() const { return format.bits == 4; }
  mlir::Value highUnits(mlir::Value memory, mlir::Value data, mlir::Value unit, int64_t channel);
  mlir::Value lookedUp(mlir::Value units, int64_t bit, mlir::FloatType number);
  mlir::Value convertedPair(mlir::Value units, int64_t k);
  mlir::Value shiftedUp(mlir::Value words, int64_t count);
  mlir::Value halves(mlir::Value memory, mlir::Value byte);
  mlir::Value factors(mlir::Value memory, mlir::Value byte);
  mlir::Value splat(int64_t value);

  mlir::ImplicitLocOpBuilder &b;
  const Target &target;
  QuantFormat format;
  ByteDot dot;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_QUANTREADER_H
