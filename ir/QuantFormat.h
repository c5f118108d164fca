// QuantFormat: how numbers that share scales stand in memory, and how floats become such numbers.
// No MLIR here.
//
// A number is `scale * q`, or with a minimum `scale * q + minimum`, where q is not negative; scale
// and minimum are those of a group of columns. They are f16 numbers, or with two levels the product
// of an i8 number of the group and an f16 number of a super group.
//
// A weight in panels of 32 channels (see PanelLayout.h) is a stream of blocks, one for each group
// of columns, or with two levels for each super group:
//
//   [32] f16                        the channels' scales
//   [32] f16                        their minimums, if there are any
//   of each group of the block:
//     [32] i8, [32] i8              with two levels: factors of scale, and of minimum if any
//     [group / 4][32][4] i8         int8: four columns of a channel side by side
//     [group / 8][32][4] u8         int4: the low halves of a channel's bytes hold four columns,
//                                   the high halves the next four, each plus 8, or as they are
//                                   if there are minimums; or their places in kNonlinear4
//   or of each span of 32 columns (16, if a group has no more):
//     [span / 8][32][4] u8          int5 and int6, plus 16 or 32 as above: their low four bits, as
//                                   those of int4
//     [span / 32][32][4] u8         int5: bit n of a channel's four bytes is the fifth bit of the
//                                   n-th four columns
//     [span / 16][32][4] u8         int6: bits 2n and 2n + 1 are the upper bits of these
//
// so that 64 bytes are what a dot-product instruction takes of 16 channels, and halves of bytes are
// unpacked by one mask. Four columns are in the order 0, 2, 1, 3: two neighbours stand at the same
// bits of the halves of their 4 bytes, and one look-up in a table makes them a pair of bf16.
//
// Rows that meet such a weight in integers are quantized as they come, in groups of G columns,
// which are cut into spans of S as the weight's are:
//
//   [width] i8, [width / G] f32 scales, [width / S] i32 sums
//
// with four columns in the same order. The sums are those of a span's integers, times what the
// kernel adds to a weight to make it unsigned, negated: where a dot product of unsigned and signed
// bytes starts from. With minimums, which nothing is added to, they are the sums themselves.
#ifndef GRAPHC_IR_QUANTFORMAT_H
#define GRAPHC_IR_QUANTFORMAT_H

#include "runtime/base/CheckedMath.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graphc {

/// Columns of a span, whose products are summed as integers: as a rule, and at least.
inline constexpr int64_t kSpanColumns = 32;
inline constexpr int64_t kLeastSpanColumns = 16;

/// Columns of a row that share a scale at most, when rows are quantized as they come. Every group
/// costs a multiplication of each sum, in the pipes that dot products need: with groups of 32 it
/// would be a tenth of all of them.
inline constexpr int64_t kMostRowGroup = 128;

/// Which of the bytes of four columns is column k's: 0, 2, 1, 3.
constexpr int64_t byteOfColumn(int64_t k) { return k / 2 % 2 + k % 2 * 2; }

/// Channels of a block, as PanelLayout.h has it: groups that are quantized side by side.
inline constexpr int64_t kBlockChannels = 32;

/// The integers of the IQ4 types of GGUF files, finer near zero: 4 bits are a place in this table.
inline constexpr std::array<int8_t, 16> kNonlinear4 = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                       1,    13,   25,  38,  53,  69,  89,  113};

struct QuantFormat {
  int64_t bits = 8;         ///< 4, 5, 6 or 8.
  int64_t group = 32;       ///< Columns that share a scale; a multiple of 16.
  int64_t superGroup = 0;   ///< Columns that share a scale of scales; 0: there is one level.
  bool hasMinimum = false;  ///< Then integers are not negative.
  bool isNonlinear = false; ///< Then they are of kNonlinear4: 4 bits, no minimum.

  bool operator==(const QuantFormat &) const = default;

  bool hasTwoLevels() const { return superGroup != 0; }

  /// The integers are in [least(), most()]. int8 leaves -128 out: its magnitude must fit a byte
  /// twice in a sum of 16 bits.
  int64_t least() const { return hasMinimum ? 0 : isOfBytes() ? -127 : -storedOffset(); }
  int64_t most() const {
    if (isNonlinear)
      return kNonlinear4.back();
    return isWhole() ? 127 : (int64_t(1) << bits) - 1 - storedOffset();
  }
  /// Whether each integer has a byte of its own, with its sign.
  bool isWhole() const { return bits == 8; }
  /// Whether it takes one, with its sign, to multiply it.
  bool isOfBytes() const { return isWhole() || isNonlinear; }
  /// What is added to the others so that they can be stored without a sign.
  int64_t storedOffset() const { return isOfBytes() || hasMinimum ? 0 : int64_t(1) << (bits - 1); }
  /// What the sums of rows that meet such a weight are taken times, negated: what is added to make
  /// an integer unsigned, or -1 for the minimums.
  int64_t rowOffset() const { return hasMinimum ? -1 : isOfBytes() ? 128 : storedOffset(); }
  /// The integer that is stored so.
  int64_t integerOf(int64_t stored) const {
    return isNonlinear ? kNonlinear4[static_cast<size_t>(stored)] : stored - storedOffset();
  }
  /// Bits of an integer that stand with those of others behind a span's low ones.
  int64_t highBits() const { return isWhole() ? 0 : bits - 4; }

  static constexpr int64_t kScaleBytes = 2;
  static constexpr int64_t kUnitBytes = 4;
  /// Columns of a block.
  int64_t blockColumns() const { return hasTwoLevels() ? superGroup : group; }
  /// Groups of a block.
  int64_t blockGroups() const { return blockColumns() / group; }
  /// Columns whose products have all scales in common, at most 32.
  int64_t spanColumns() const { return std::min(group, kSpanColumns); }
  /// Columns of a channel that a 4-byte unit holds, or the low bits of.
  int64_t unitColumns() const { return isWhole() ? 4 : 8; }
  /// Columns whose high bits one holds.
  int64_t highUnitColumns() const { return 32 / highBits(); }
  /// Where the integer of a unit's column k begins among the unit's 32 bits.
  constexpr int64_t bitOf(int64_t k) const { return 8 * byteOfColumn(k) + (k / 4) * 4; }
  /// Where its high bits begin among those of the unit that has them.
  int64_t highBitOf(int64_t k) const { return 8 * byteOfColumn(k) + (k / 4) * highBits(); }
  /// Bytes of so many channels' units in so many columns, without those of high bits.
  int64_t lowBytes(int64_t channels, int64_t columns) const {
    return channels * columns / unitColumns() * kUnitBytes;
  }

  /// Bytes of their integers in whole spans.
  int64_t integerBytes(int64_t channels, int64_t columns) const {
    return channels * columns * bits / 8;
  }

  /// Blocks of a row, the last one perhaps not full.
  int64_t blocks(int64_t columns) const { return ceilDiv(columns, blockColumns()); }
  /// Numbers in front of a channel's integers: of a block, and of each of its groups.
  int64_t scalesOfBlock() const { return hasMinimum ? 2 : 1; }
  int64_t factorsOfGroup() const { return hasTwoLevels() ? scalesOfBlock() : 0; }
  /// Bytes that so many channels have in front of a block's groups.
  int64_t headBytes(int64_t channels) const { return channels * scalesOfBlock() * kScaleBytes; }
  /// Bytes of a group of them, with and without the integers.
  int64_t factorBytes(int64_t channels) const { return channels * factorsOfGroup(); }
  int64_t groupBytes(int64_t channels) const {
    return factorBytes(channels) + integerBytes(channels, group);
  }
  /// Bytes of a block of them.
  int64_t blockBytes(int64_t channels) const {
    return headBytes(channels) + blockGroups() * groupBytes(channels);
  }
};

/// How rows that are quantized as they come stand in memory.
struct QuantRowFormat {
  int64_t span = kSpanColumns;  ///< Columns that share a sum.
  int64_t group = kSpanColumns; ///< Columns that share a scale: a multiple of `span`.

  static constexpr int64_t kWordBytes = 4;

  bool operator==(const QuantRowFormat &) const = default;

  /// Bytes of a row of `width` numbers, a multiple of `group`.
  constexpr int64_t rowBytes(int64_t width) const {
    return sumsByte(width) + width / span * kWordBytes;
  }
  /// Where a row's sums begin; its scales follow the integers.
  constexpr int64_t sumsByte(int64_t width) const { return width + width / group * kWordBytes; }

  /// Whether such rows meet a weight of `columns` padded columns: both have whole groups, and of
  /// two groups (or blocks) of them the smaller one divides the larger.
  bool fits(const QuantFormat &weight, int64_t columns) const {
    auto divides = [](int64_t one, int64_t other) { return one % other == 0 || other % one == 0; };
    return span == weight.spanColumns() && group % span == 0 && columns % group == 0 &&
           divides(group, weight.group) && divides(group, weight.blockColumns());
  }

  /// Those with the largest groups that fit.
  static QuantRowFormat of(const QuantFormat &weight, int64_t columns) {
    QuantRowFormat rows{weight.spanColumns(), kMostRowGroup};
    while (!rows.fits(weight, columns))
      rows.group /= 2; // A span fits at last.
    return rows;
  }
};

/// Rounds the numbers of one group of a weight: integers to `out`, of the same size, and their
/// scale, an f16 number, as result.
/// `search`: the scale with the least squared error of a few, else the one that makes the largest
/// magnitude the largest integer (see graphc.quantize). Numbers of which one is not finite have a
/// scale that is not either, and integers without a meaning. `format` has one level and no minimum.
float quantizeGroup(const QuantFormat &format, bool search, std::span<const float> values,
                    std::span<int8_t> out);

/// quantizeGroup of 32 channels at once, a vector lane for each, with the same bits: `values` is
/// [group][32], zeros where the columns have ended; `block` has format.blockBytes(32) bytes.
void quantizeBlock(const QuantFormat &format, bool search, std::span<const float> values,
                   std::span<std::byte> block);

/// The same for a group of numbers of a row: the largest magnitude becomes 127, the
/// scale is f32. Not finite, as above.
float quantizeRowGroup(std::span<const float> values, std::span<int8_t> out);

} // namespace graphc

#endif // GRAPHC_IR_QUANTFORMAT_H
