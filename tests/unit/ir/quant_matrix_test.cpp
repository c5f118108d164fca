// Numbers that keep their integers and scales: what they stand for, and where a panel has them.
#include "ir/QuantMatrix.h"

#include "runtime/base/ElementType.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace graphc;

namespace {

constexpr int64_t kChannels = kBlockChannels;

/// A matrix whose parts all differ.
QuantMatrix numbered(const QuantFormat &format, int64_t columns) {
  QuantMatrix matrix(format, kChannels, columns);
  auto number = [](auto &values, auto valueOf) {
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = valueOf(int64_t(i));
  };
  const int64_t range = format.most() - format.least() + 1;
  number(matrix.integers, [&](int64_t i) {
    return format.isNonlinear ? int8_t(i * 5 % 16) : int8_t(format.least() + i * 5 % range);
  });
  number(matrix.scales, [](int64_t i) { return toF16(0.5f + float(i % 37)); });
  number(matrix.minimums, [](int64_t i) { return toF16(-0.25f * float(i % 29)); });
  number(matrix.factors, [](int64_t i) { return int8_t(i % 11 - 5); });
  number(matrix.minimumFactors, [](int64_t i) { return int8_t(i % 13); });
  return matrix;
}

/// The number of a channel and column in a panel, by the words of ir/QuantFormat.h.
float numberAt(const std::byte *panel, const QuantFormat &format, int64_t channel, int64_t k) {
  auto half = [](const std::byte *at) {
    uint16_t bits;
    std::memcpy(&bits, at, sizeof bits);
    return fromF16(bits);
  };
  const bool hasMinimum = format.hasMinimum, hasTwo = format.hasTwoLevels();
  const int64_t columns = hasTwo ? format.superGroup : format.group;
  const int64_t headBytes = (hasMinimum ? 2 : 1) * 64;
  const int64_t factorBytes = hasTwo ? (hasMinimum ? 2 : 1) * 32 : 0;
  const int64_t groupBytes = factorBytes + format.group * format.bits / 8 * 32;
  const std::byte *block = panel + k / columns * (headBytes + columns / format.group * groupBytes);
  const std::byte *group = block + headBytes + k % columns / format.group * groupBytes;
  float scale = half(block + 2 * channel),
        minimum = hasMinimum ? half(block + 64 + 2 * channel) : 0;
  if (hasTwo) {
    scale *= float(std::to_integer<int8_t>(group[channel]));
    minimum *= hasMinimum ? float(std::to_integer<int8_t>(group[32 + channel])) : 0;
  }
  const int64_t inGroup = k % format.group, four = inGroup / 4, inFour = inGroup % 4;
  const int64_t place = inFour == 1 ? 2 : inFour == 2 ? 1 : inFour;
  const std::byte *integers = group + factorBytes;
  const int64_t spanColumns = format.group == 16 ? 16 : 32, spanFours = spanColumns / 4;
  int q;
  if (format.bits == 8) {
    q = std::to_integer<int8_t>(integers[four * 128 + channel * 4 + place]);
  } else {
    const std::byte *span = integers + four / spanFours * 32 * spanColumns * format.bits / 8;
    const int64_t inSpan = four % spanFours, highBits = format.bits - 4;
    const int both = std::to_integer<int>(span[inSpan / 2 * 128 + channel * 4 + place]);
    q = inSpan % 2 == 0 ? both & 15 : both >> 4;
    if (highBits != 0) {
      const std::byte *highs = span + 32 * spanColumns / 2;
      const int64_t fours = 8 / highBits; // whose high bits a byte has
      const int high = std::to_integer<int>(highs[inSpan / fours * 128 + channel * 4 + place]);
      q |= (high >> inSpan % fours * highBits & ((1 << highBits) - 1)) << 4;
    }
    q = format.isNonlinear ? kNonlinear4[size_t(q)] : hasMinimum ? q : q - (1 << (format.bits - 1));
  }
  return hasMinimum ? std::fma(float(q), scale, minimum) : scale * float(q);
}

} // namespace

TEST(QuantMatrix, PanelsHoldTheNumbersOfTheMatrix) {
  const QuantFormat formats[] = {
      {.bits = 4},
      {.bits = 8, .group = 64},
      {.bits = 4, .hasMinimum = true},
      {.bits = 8, .hasMinimum = true},
      {.bits = 5},
      {.bits = 4, .isNonlinear = true},
      {.bits = 6, .group = 64},
      {.bits = 6, .group = 16, .superGroup = 256},
      {.bits = 5, .group = 32, .superGroup = 256, .hasMinimum = true},
      {.bits = 8, .group = 16, .superGroup = 256},
      {.bits = 4, .group = 32, .superGroup = 256, .hasMinimum = true},
  };
  for (const QuantFormat &format : formats) {
    constexpr int64_t kColumns = 300; // The last block is not full.
    const QuantMatrix matrix = numbered(format, kColumns);
    std::vector<std::byte> panel(size_t(matrix.blocks() * format.blockBytes(kChannels)));
    writePanel(matrix, panel);
    std::vector<float> row(kColumns);
    for (int64_t channel = 0; channel < kChannels; ++channel) {
      matrix.read(channel, row);
      for (int64_t k = 0; k < kColumns; ++k) {
        ASSERT_EQ(matrix.number(channel, k), numberAt(panel.data(), format, channel, k))
            << format.bits << " bits, channel " << channel << ", column " << k;
        ASSERT_EQ(row[size_t(k)], matrix.number(channel, k));
      }
    }
  }
}
