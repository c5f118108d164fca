// Sums of four products of signed bytes per lane, with what the target has for it. The weights may
// be int8 or less than that; the sums are exact and so the same on every target.
//
//   VPDPBUSD     unsigned weights (an offset is added to signed ones) by signed rows, into 32 bits
//   VPMADDUBSW   the same in two steps by way of 16 bits: up to 6 bits fit as they are; of int8 the
//                magnitude meets the row with the weight's sign
//
// Nonlinear integers are looked up in a table that has what the instruction wants of them.
#ifndef GRAPHC_CODEGEN_KERNELS_BYTEDOT_H
#define GRAPHC_CODEGEN_KERNELS_BYTEDOT_H

#include "codegen/target/Target.h"
#include "ir/QuantFormat.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace graphc {

/// 4-byte units of some channels, vectors of bytes.
struct QuantUnits {
  mlir::Value low;
  /// Their integers' high bits from the lowest bit of each byte on; null where all are in `low`.
  mlir::Value high;
};

class ByteDot {
public:
  ByteDot(mlir::ImplicitLocOpBuilder &builder, const Target &target, QuantFormat format)
      : b(builder), target(target), format(format) {}

  /// Whether the weights are unsigned by an offset, QuantFormat::rowOffset(), so that sums have to
  /// start from minus what it adds.
  bool needsOffset() const {
    return !format.hasMinimum && (!format.isOfBytes() || target.hasByteDot());
  }

  /// Four columns of weights in every lane, ready to be multiplied.
  struct Factor {
    mlir::Value magnitude; ///< Unsigned bytes.
    mlir::Value sign;      ///< The weights themselves, where their sign is wanted; else null.
  };

  /// The factors that a vector of 4-byte units holds: one (int8), or two (low and high halves).
  llvm::SmallVector<Factor> unpack(const QuantUnits &units);

  /// Four columns of a vector's units as signed bytes: those of one factor.
  mlir::Value signedBytes(const QuantUnits &units, int64_t factor);

  /// sum + the four products of each lane. `row` has signed bytes in [-127, 127].
  mlir::Value add(mlir::Value sum, mlir::Value row, const Factor &weights);

private:
  mlir::Value storedBytes(const QuantUnits &units, int64_t factor);
  mlir::Value lookedUp(mlir::Value places, llvm::function_ref<int8_t(int8_t)> entry);
  Factor factorOf(mlir::Value bytes);
  mlir::Value shiftedRight(mlir::Value bytes, int64_t bits);
  mlir::Value withSignOf(mlir::Value row, mlir::Value weights);
  mlir::Value splat(mlir::Type type, int64_t value);
  mlir::Value call(llvm::StringRef name, mlir::Type type, mlir::ValueRange operands);

  mlir::ImplicitLocOpBuilder &b;
  const Target &target;
  QuantFormat format;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_BYTEDOT_H
