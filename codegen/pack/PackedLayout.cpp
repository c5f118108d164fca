#include "codegen/pack/PackedLayout.h"

#include "codegen/pack/Interleave.h"
#include "runtime/base/Assert.h"
#include "runtime/base/CheckedMath.h"
#include "runtime/base/VectorClones.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

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

GRAPHC_VECTOR_CLONES
static void roundToF16(const float *in, uint16_t *out, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    out[i] = std::bit_cast<uint16_t>(static_cast<_Float16>(in[i]));
}

static void roundToHalf(ElementType type, const float *in, uint16_t *out, int64_t count) {
  if (type == ElementType::BF16)
    return roundToBf16(in, out, count);
  GRAPHC_ASSERT(type == ElementType::F16, "two bytes are bf16 or f16");
  roundToF16(in, out, count);
}

static void interleaveFloats(const float *rows, int64_t columns, int64_t count, std::byte *out) {
  constexpr auto kBytes = static_cast<int64_t>(sizeof(float));
  interleaveUnits(reinterpret_cast<const std::byte *>(rows), columns * kBytes, count, out);
}

/// Takes pairs of columns apart: [columns / 2][32][2] becomes [columns][32].
GRAPHC_VECTOR_CLONES
static void splitPairs(const uint16_t *pairs, int64_t columns, uint16_t *out) {
  for (int64_t k = 0; k < columns; ++k) {
    const uint16_t *from = pairs + k / 2 * 2 * kPanelRows + k % 2;
    for (int64_t channel = 0; channel < kPanelRows; ++channel)
      out[k * kPanelRows + channel] = from[2 * channel];
  }
}

/// Converts a few columns at a time, which are then still in the nearest cache when they are turned
/// round.
static void packHalfPanel(const PackedLayout &layout, std::span<const float> rows, std::byte *out) {
  GRAPHC_ASSERT(layout.interleave <= 2, "numbers are interleaved by one or two");
  constexpr int64_t kColumns = 256, kBytes = 2;
  std::array<uint16_t, kPanelRows * kColumns> rounded, pairs;
  for (int64_t begin = 0; begin < layout.columns; begin += kColumns) {
    const int64_t count = std::min(kColumns, layout.columns - begin);
    for (int64_t channel = 0; channel < kPanelRows; ++channel) {
      uint16_t *to = rounded.data() + channel * kColumns;
      roundToHalf(layout.type, rows.data() + channel * layout.columns + begin, to, count);
      if (count % 2 != 0)
        to[count] = 0;
    }
    std::byte *to = out + begin * kPanelRows * kBytes;
    const bool isPaired = layout.interleave == 2;
    interleaveUnits(reinterpret_cast<const std::byte *>(rounded.data()), kColumns * kBytes,
                    ceilDiv(count, 2), isPaired ? to : reinterpret_cast<std::byte *>(pairs.data()));
    if (!isPaired)
      splitPairs(pairs.data(), count, reinterpret_cast<uint16_t *>(to));
  }
}

/// Turns one group of all channels round at a time.
static void packQuantPanel(const PackedLayout &layout, std::span<const float> rows,
                           std::span<std::byte> out) {
  const Quantization &quant = *layout.quant;
  const int64_t group = quant.format.group;
  const auto blockBytes = static_cast<size_t>(quant.format.blockBytes(kPanelRows));
  const auto numbers = static_cast<size_t>(group * kPanelRows);
  const auto turned = std::make_unique_for_overwrite<float[]>(numbers);
  for (int64_t begin = 0; begin < layout.columns; begin += group) {
    const int64_t count = std::min(group, layout.columns - begin);
    interleaveFloats(rows.data() + begin, layout.columns, count,
                     reinterpret_cast<std::byte *>(turned.get()));
    std::fill(turned.get() + count * kPanelRows, turned.get() + numbers, 0.0f);
    quantizeBlock(quant.format, quant.search, {turned.get(), numbers}, out.first(blockBytes));
    out = out.subspan(blockBytes);
  }
}

void packPanel(const PackedLayout &layout, std::span<const float> rows, std::span<std::byte> out) {
  if (layout.quant)
    return packQuantPanel(layout, rows, out);
  if (byteSize(layout.type) == 2)
    return packHalfPanel(layout, rows, out.data());
  GRAPHC_ASSERT(layout.type == ElementType::F32 && layout.interleave == 1, "panels of floats");
  interleaveFloats(rows.data(), layout.columns, layout.columns, out.data());
}

void convertValues(std::span<const float> values, ElementType type, std::span<std::byte> out) {
  switch (type) {
  case ElementType::F32:
    std::memcpy(out.data(), values.data(), values.size_bytes());
    return;
  case ElementType::BF16:
  case ElementType::F16:
    return roundToHalf(type, values.data(), reinterpret_cast<uint16_t *>(out.data()),
                       static_cast<int64_t>(values.size()));
  case ElementType::I32:
  case ElementType::I8:
    GRAPHC_ASSERT(false, "weights are floating-point numbers");
  }
}

} // namespace graphc
