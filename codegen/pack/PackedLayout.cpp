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

/// The 4-byte unit that holds the integers of one channel from `q` on (see ir/QuantFormat.h).
static std::array<uint8_t, 4> packUnit(const QuantFormat &format, const int8_t *q) {
  std::array<uint8_t, 4> unit;
  for (int64_t i = 0; i < 4; ++i)
    unit[i] = format.bits == 8 ? static_cast<uint8_t>(q[i])
                               : static_cast<uint8_t>((q[i] + 8) | ((q[i + 4] + 8) << 4));
  return unit;
}

/// Quantizes one group of one channel into its block. `integers` has room for a whole group.
static void packGroup(const Quantization &quant, std::span<const float> values, int64_t channel,
                      std::span<int8_t> integers, std::byte *block) {
  const QuantFormat &format = quant.format;
  const auto present = integers.first(values.size());
  std::fill(integers.begin() + std::ssize(values), integers.end(), int8_t(0));
  const uint16_t scale = toF16(quantizeGroup(format, quant.search, values, present));
  std::memcpy(block + channel * QuantFormat::kScaleBytes, &scale, sizeof scale);
  std::byte *to = block + kPanelRows * QuantFormat::kScaleBytes + channel * 4;
  for (int64_t k = 0; k < format.group; k += format.unitColumns(), to += kPanelRows * 4) {
    const std::array<uint8_t, 4> unit = packUnit(format, integers.data() + k);
    std::memcpy(to, unit.data(), unit.size());
  }
}

static void packQuantPanel(const PackedLayout &layout, std::span<const float> rows,
                           std::span<std::byte> out) {
  const Quantization &quant = *layout.quant;
  const int64_t group = quant.format.group;
  std::vector<int8_t> integers(static_cast<size_t>(group));
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
