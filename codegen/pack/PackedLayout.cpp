#include "codegen/pack/PackedLayout.h"

#include "codegen/pack/Interleave.h"
#include "runtime/base/Assert.h"
#include "runtime/base/CheckedMath.h"
#include "runtime/base/VectorClones.h"

#include <algorithm>
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

static void packBf16Vector(const PackedLayout &layout, std::span<const float> rows,
                           std::byte *out) {
  GRAPHC_ASSERT(layout.columns == 1, "only vectors are not interleaved");
  roundToBf16(rows.data(), reinterpret_cast<uint16_t *>(out), kPanelRows);
}

static void interleaveFloats(const float *rows, int64_t columns, int64_t count, std::byte *out) {
  constexpr auto kBytes = static_cast<int64_t>(sizeof(float));
  interleaveUnits(reinterpret_cast<const std::byte *>(rows), columns * kBytes, count, out);
}

/// Converts a few columns at a time, which are then still in the nearest cache when they are turned
/// round.
static void packBf16Panel(const PackedLayout &layout, std::span<const float> rows, std::byte *out) {
  if (layout.interleave == 1)
    return packBf16Vector(layout, rows, out);
  GRAPHC_ASSERT(layout.interleave == 2, "bf16 matrices are interleaved by two");
  constexpr int64_t kColumns = 256, kBytes = 2;
  std::array<uint16_t, kPanelRows * kColumns> rounded;
  for (int64_t begin = 0; begin < layout.columns; begin += kColumns) {
    const int64_t count = std::min(kColumns, layout.columns - begin);
    for (int64_t channel = 0; channel < kPanelRows; ++channel) {
      uint16_t *to = rounded.data() + channel * kColumns;
      roundToBf16(rows.data() + channel * layout.columns + begin, to, count);
      if (count % 2 != 0)
        to[count] = 0;
    }
    interleaveUnits(reinterpret_cast<const std::byte *>(rounded.data()), kColumns * kBytes,
                    ceilDiv(count, 2), out + begin * kPanelRows * kBytes);
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
  if (layout.type == ElementType::BF16)
    return packBf16Panel(layout, rows, out.data());
  GRAPHC_ASSERT(layout.type == ElementType::F32 && layout.interleave == 1, "f32 or bf16 panels");
  interleaveFloats(rows.data(), layout.columns, layout.columns, out.data());
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
