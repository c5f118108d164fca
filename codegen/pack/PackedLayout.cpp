#include "codegen/pack/PackedLayout.h"

#include "runtime/base/Assert.h"
#include "runtime/base/CheckedMath.h"
#include "runtime/base/VectorClones.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace graphc {

std::array<PanelPart, 2> PackedLayout::parts(int64_t panel) const {
  if (groups == 0) {
    int64_t row = panel * kPanelRows;
    int64_t first = std::clamp<int64_t>(rows - row, 0, kHalfBlockRows);
    int64_t second = std::clamp<int64_t>(rows - row - kHalfBlockRows, 0, kHalfBlockRows);
    return {PanelPart{0, row, first}, PanelPart{kHalfBlockRows, row + kHalfBlockRows, second}};
  }
  int64_t half = rows / groups / 2;
  int64_t panelsOfGroup = paddedHalfRows() / kHalfBlockRows;
  int64_t group = panel / panelsOfGroup;
  int64_t offset = panel % panelsOfGroup * kHalfBlockRows;
  int64_t count = std::min(half - offset, kHalfBlockRows);
  int64_t row = group * 2 * half + offset;
  return {PanelPart{0, row, count}, PanelPart{kHalfBlockRows, row + half, count}};
}

GRAPHC_VECTOR_CLONES
static void roundToBf16(const float *in, uint16_t *out, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    out[i] = toBf16(in[i]);
}

/// out[k][c] = in[c][k] for units of one dot-product step. Blocks of columns keep the writes of a
/// block in the nearest cache.
template <typename Unit>
static void interleaveRows(const Unit *in, int64_t units, Unit *out) {
  constexpr int64_t kBlock = 64;
  for (int64_t begin = 0; begin < units; begin += kBlock) {
    int64_t end = std::min(begin + kBlock, units);
    for (int64_t channel = 0; channel < kPanelRows; ++channel) {
      const Unit *row = in + channel * units;
      for (int64_t k = begin; k < end; ++k)
        out[k * kPanelRows + channel] = row[k];
    }
  }
}

static void packBf16Panel(const PackedLayout &layout, std::span<const float> rows, std::byte *out) {
  int64_t padded = layout.paddedColumns();
  std::vector<uint16_t> rounded(static_cast<size_t>(kPanelRows * padded));
  for (int64_t channel = 0; channel < kPanelRows; ++channel)
    roundToBf16(rows.data() + channel * layout.columns, rounded.data() + channel * padded,
                layout.columns);
  if (layout.interleave == 1) {
    interleaveRows(rounded.data(), padded, reinterpret_cast<uint16_t *>(out));
  } else {
    GRAPHC_ASSERT(layout.interleave == 2, "bf16 is interleaved by one or two");
    interleaveRows(reinterpret_cast<const uint32_t *>(rounded.data()), padded / 2,
                   reinterpret_cast<uint32_t *>(out));
  }
}

/// Where an integer of a block is: the byte behind the scales, and by how many bits it is shifted.
struct IntegerPlace {
  int64_t byte;
  int shift;
};

static IntegerPlace placeOf(const QuantFormat &format, int64_t channel, int64_t column) {
  int64_t unit = column / format.unitColumns(), inUnit = column % format.unitColumns();
  return {(unit * kPanelRows + channel) * 4 + inUnit % 4, inUnit < 4 ? 0 : 4};
}

/// Quantizes one group of one channel into its block.
static void packGroup(const Quantization &quant, std::span<const float> values, int64_t channel,
                      std::span<int8_t> integers, std::byte *block) {
  const QuantFormat &format = quant.format;
  const uint16_t scale =
      toF16(quantizeGroup(format, quant.search, values, integers.first(values.size())));
  std::memcpy(block + channel * QuantFormat::kScaleBytes, &scale, sizeof scale);
  std::byte *data = block + kPanelRows * QuantFormat::kScaleBytes;
  const int offset = format.bits == 4 ? 8 : 0;
  for (int64_t column = 0; column < format.group; ++column) {
    const int q = column < std::ssize(values) ? integers[column] : 0;
    const IntegerPlace place = placeOf(format, channel, column);
    data[place.byte] |= static_cast<std::byte>(static_cast<uint8_t>((q + offset) << place.shift));
  }
}

static void packQuantPanel(const PackedLayout &layout, std::span<const float> rows,
                           std::span<std::byte> out) {
  const Quantization &quant = *layout.quant;
  const int64_t group = quant.format.group;
  std::vector<int8_t> integers(static_cast<size_t>(group));
  std::fill(out.begin(), out.end(), std::byte(0));
  for (int64_t channel = 0; channel < kPanelRows; ++channel) {
    auto row = rows.subspan(channel * layout.columns, layout.columns);
    std::byte *block = out.data();
    for (int64_t begin = 0; begin < layout.columns; begin += group) {
      packGroup(quant, row.subspan(begin, std::min(group, layout.columns - begin)), channel,
                integers, block);
      block += quant.format.blockBytes(kPanelRows);
    }
  }
}

void packPanel(const PackedLayout &layout, std::span<const float> rows, std::span<std::byte> out) {
  if (layout.quant)
    return packQuantPanel(layout, rows, out);
  if (layout.type == ElementType::BF16)
    return packBf16Panel(layout, rows, out.data());
  GRAPHC_ASSERT(layout.type == ElementType::F32 && layout.interleave == 1, "f32 or bf16 panels");
  interleaveRows(rows.data(), layout.columns, reinterpret_cast<float *>(out.data()));
}

void convertValues(std::span<const float> values, ElementType type, std::span<std::byte> out) {
  switch (type) {
  case ElementType::F32:
    std::memcpy(out.data(), values.data(), values.size_bytes());
    return;
  case ElementType::BF16:
    return roundToBf16(values.data(), reinterpret_cast<uint16_t *>(out.data()),
                       static_cast<int64_t>(values.size()));
  case ElementType::F16: {
    auto *halves = reinterpret_cast<uint16_t *>(out.data());
    for (size_t i = 0; i < values.size(); ++i)
      halves[i] = toF16(values[i]);
    return;
  }
  case ElementType::I32:
  case ElementType::I8:
    GRAPHC_ASSERT(false, "weights are floating-point numbers");
  }
}

} // namespace graphc
