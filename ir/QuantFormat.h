// QuantFormat: how numbers that share scales stand in memory, and how floats become such numbers.
// No MLIR here.
//
// A weight in panels of 32 channels (see PanelLayout.h) is a stream of blocks, one for each group
// of `group` columns:
//
//   [32] f16                        the channels' scales
//   [group / 4][32][4] i8           int8: four columns of a channel side by side
//   [group / 8][32][4] u8           int4: the low halves of a channel's bytes hold four columns,
//                                   the high halves the next four, each plus 8
//
// so that 64 bytes are what a dot-product instruction takes of 16 channels, and halves of bytes are
// unpacked by one mask. Four columns are in the order 0, 2, 1, 3: two neighbours stand at the same
// bits of the halves of their 4 bytes, and one look-up in a table makes them a pair of bf16.
//
// Rows that meet such a weight in integers are quantized as they come, in groups of 32:
//
//   [width] i8, [width / 32] f32 scales, [width / 32] i32 sums
//
// with four columns in the same order. The sums are those of the row's integers, times what the
// kernel adds to a weight to make it unsigned, negated: where a dot product of unsigned and signed
// bytes starts from.
#ifndef GRAPHC_IR_QUANTFORMAT_H
#define GRAPHC_IR_QUANTFORMAT_H

#include "runtime/base/CheckedMath.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace graphc {

/// Numbers of a row that share a scale, when rows are quantized as they come.
inline constexpr int64_t kRowGroup = 32;

/// Which of the bytes of four columns is column k's: 0, 2, 1, 3.
constexpr int64_t byteOfColumn(int64_t k) { return k / 2 % 2 + k % 2 * 2; }

/// Channels of a block, as PanelLayout.h has it: groups that are quantized side by side.
inline constexpr int64_t kBlockChannels = 32;

struct QuantFormat {
  int64_t bits = 8;   ///< 4 or 8.
  int64_t group = 32; ///< Columns that share a scale; a multiple of 32.

  /// The integers are in [least(), most()]. int8 leaves -128 out: its magnitude must fit a byte
  /// twice in a sum of 16 bits.
  int64_t least() const { return bits == 4 ? -8 : -127; }
  int64_t most() const { return bits == 4 ? 7 : 127; }

  static constexpr int64_t kScaleBytes = 2;
  /// Columns of a channel that a 4-byte unit holds.
  int64_t unitColumns() const { return 32 / bits; }
  /// Where the integer of a unit's column k begins among the unit's 32 bits.
  constexpr int64_t bitOf(int64_t k) const { return 8 * byteOfColumn(k) + (k / 4) * 4; }

  int64_t groups(int64_t columns) const { return ceilDiv(columns, group); }
  /// Bytes of one group of 32 channels.
  int64_t blockBytes(int64_t channels) const { return channels * (kScaleBytes + group * bits / 8); }
};

/// Bytes of a quantized row of `width` numbers, a multiple of 32.
constexpr int64_t quantRowBytes(int64_t width) {
  return width + width / kRowGroup * 2 * static_cast<int64_t>(sizeof(float));
}

/// Rounds the numbers of one group of a weight: integers to `out`, of the same size, and their
/// scale, an f16 number, as result.
/// `search`: the scale with the least squared error of a few, else the one that makes the largest
/// magnitude the largest integer (see graphc.quantize). Numbers of which one is not finite have a
/// scale that is not either, and integers without a meaning.
float quantizeGroup(const QuantFormat &format, bool search, std::span<const float> values,
                    std::span<int8_t> out);

/// quantizeGroup of 32 channels at once, a vector lane for each, with the same bits: `values` is
/// [group][32], zeros where the columns have ended; `block` has format.blockBytes(32) bytes.
void quantizeBlock(const QuantFormat &format, bool search, std::span<const float> values,
                   std::span<std::byte> block);

/// The same for a group of at most 32 numbers of a row: the largest magnitude becomes 127, the
/// scale is f32. Not finite, as above.
float quantizeRowGroup(std::span<const float> values, std::span<int8_t> out);

} // namespace graphc

#endif // GRAPHC_IR_QUANTFORMAT_H
