#include "codegen/pack/Packer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <mutex>

using namespace graphc;

namespace {

/// A source whose element (r, k) is 1000 r + k + 1.
float element(int64_t row, int64_t column) { return static_cast<float>(1000 * row + column + 1); }

PackJob jobOf(const PackedLayout &layout) {
  PackJob job;
  job.name = "w";
  job.layout = layout;
  job.packed = true;
  job.read = [columns = layout.columns](int64_t begin, int64_t end, std::span<float> out) {
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t k = 0; k < columns; ++k)
        out[static_cast<size_t>((row - begin) * columns + k)] = element(row, k);
    }
    return Status();
  };
  return job;
}

std::vector<std::byte> pack(PackJob job, unsigned threads) {
  std::vector<std::byte> section(job.bytes());
  std::mutex mutex;
  auto defects = packWeights({job}, threads,
                             [&](uint64_t offset, std::span<const std::byte> bytes) {
                               std::lock_guard lock(mutex);
                               EXPECT_LE(offset + bytes.size(), section.size());
                               std::memcpy(section.data() + offset, bytes.data(), bytes.size());
                               return Status();
                             },
                             {});
  EXPECT_TRUE(defects.ok()) << defects.status().message();
  EXPECT_TRUE(defects.ok() && defects->empty());
  return section;
}

/// Numbers (or scales) that packWeights() finds not to be finite, of a 3 x 64 weight of ones whose
/// second row has `odd` in some places.
int64_t countDefects(ElementType type, std::optional<Quantization> quant, bool packed, float odd) {
  const int64_t group = quant ? quant->format.group : 1;
  PackJob job = jobOf({{3, 64, 0, group}, type, quant});
  job.packed = packed;
  job.read = [odd](int64_t begin, int64_t end, std::span<float> out) {
    std::ranges::fill(out, 1.0f);
    for (int64_t row = begin; row < end; ++row)
      if (row == 1)
        for (int64_t k : {0, 5, 40})
          out[static_cast<size_t>((row - begin) * 64 + k)] = odd;
    return Status();
  };
  auto defects = packWeights({job}, 2, [](uint64_t, auto) { return Status(); }, {});
  EXPECT_TRUE(defects.ok());
  if (!defects.ok() || defects->empty())
    return 0;
  EXPECT_EQ(defects->front().name, "w");
  return defects->front().count;
}

/// The definition, written the other way round: which source element stands at (panel, k, channel).
float expected(const PackedLayout &layout, int64_t panel, int64_t k, int64_t channel) {
  int64_t row = panel * 32 + channel;
  if (layout.groups > 0) {
    int64_t half = layout.rows / layout.groups / 2;
    int64_t panelsOfGroup = (half + 15) / 16;
    int64_t inHalf = panel % panelsOfGroup * 16 + channel % 16;
    if (inHalf >= half)
      return 0;
    row = panel / panelsOfGroup * 2 * half + channel / 16 * half + inHalf;
  }
  return row < layout.rows && k < layout.columns ? element(row, k) : 0;
}

} // namespace

TEST(Packer, LaysOutF32Panels) {
  for (auto [rows, columns, groups] :
       {std::array<int64_t, 3>{40, 7, 0}, {64, 33, 1}, {24, 5, 3}, {160, 3, 2}, {1000, 12, 0}}) {
    PackedLayout layout{{rows, columns, groups, 1}, ElementType::F32};
    std::vector<std::byte> section = pack(jobOf(layout), 2);
    const auto *values = reinterpret_cast<const float *>(section.data());
    for (int64_t panel = 0; panel < layout.panels(); ++panel) {
      for (int64_t k = 0; k < columns; ++k) {
        for (int64_t c = 0; c < 32; ++c) {
          ASSERT_EQ(values[(panel * columns + k) * 32 + c], expected(layout, panel, k, c))
              << rows << "x" << columns << " groups " << groups << " panel " << panel << " k " << k
              << " channel " << c;
        }
      }
    }
  }
}

TEST(Packer, InterleavesBf16Pairs) {
  // Whole squares of a register transposition, rests of them, and an odd column.
  for (int64_t columns : {7, 32, 64, 77, 256, 300, 2048}) {
    PackedLayout layout{{40, columns, 0, 2}, ElementType::BF16};
    std::vector<std::byte> section = pack(jobOf(layout), 1);
    const auto *values = reinterpret_cast<const uint16_t *>(section.data());
    const int64_t pairs = (columns + 1) / 2;
    for (int64_t panel = 0; panel < 2; ++panel) {
      for (int64_t k = 0; k < 2 * pairs; ++k) {
        for (int64_t c = 0; c < 32; ++c)
          ASSERT_EQ(values[((panel * pairs + k / 2) * 32 + c) * 2 + k % 2],
                    toBf16(expected(layout, panel, k, c)))
              << columns << " columns, panel " << panel << " k " << k << " channel " << c;
      }
    }
  }
}

TEST(Packer, ReordersBf16Vectors) {
  PackedLayout layout{{40, 1, 1, 1}, ElementType::BF16};
  std::vector<std::byte> section = pack(jobOf(layout), 1);
  const auto *values = reinterpret_cast<const uint16_t *>(section.data());
  for (int64_t panel = 0; panel < layout.panels(); ++panel) {
    for (int64_t c = 0; c < 32; ++c)
      ASSERT_EQ(values[panel * 32 + c], toBf16(expected(layout, panel, 0, c)));
  }
}

TEST(Packer, LaysOutF16Panels) {
  PackedLayout layout{{40, 7, 0, 1}, ElementType::F16};
  std::vector<std::byte> section = pack(jobOf(layout), 1);
  const auto *values = reinterpret_cast<const uint16_t *>(section.data());
  for (int64_t panel = 0; panel < 2; ++panel) {
    for (int64_t k = 0; k < 7; ++k) {
      for (int64_t c = 0; c < 32; ++c)
        ASSERT_EQ(values[(panel * 7 + k) * 32 + c], toF16(expected(layout, panel, k, c)));
    }
  }
}

TEST(Packer, KeepsRowsInOrderWithoutPanels) {
  PackJob job = jobOf({{50, 9, 0, 1}, ElementType::F32});
  job.packed = false;
  std::vector<std::byte> section = pack(job, 2);
  const auto *values = reinterpret_cast<const float *>(section.data());
  for (int64_t i = 0; i < 450; ++i)
    ASSERT_EQ(values[i], element(i / 9, i % 9));
}

TEST(Packer, FirstFailureEndsTheWork) {
  PackJob job = jobOf({{4096, 4096, 0, 1}, ElementType::F32});
  int calls = 0;
  job.read = [&](int64_t, int64_t, std::span<float>) {
    ++calls;
    return badInput("the disk is gone");
  };
  auto defects = packWeights({job}, 1, [](uint64_t, auto) { return Status(); }, {});
  ASSERT_FALSE(defects.ok());
  EXPECT_EQ(defects.status().code(), StatusCode::BadInput);
  EXPECT_EQ(defects.status().message(), "w: the disk is gone");
  EXPECT_EQ(calls, 1);
}

TEST(Packer, CountsNumbersThatAreNotFinite) {
  constexpr ElementType kTypes[] = {ElementType::F32, ElementType::F16, ElementType::BF16};
  for (ElementType type : kTypes)
    for (bool packed : {true, false}) {
      for (float odd : {NAN, INFINITY, -INFINITY})
        EXPECT_EQ(countDefects(type, {}, packed, odd), 3);
      EXPECT_EQ(countDefects(type, {}, packed, -2), 0);
      EXPECT_EQ(countDefects(type, {}, packed, 1e6f), type == ElementType::F16 ? 3 : 0);
    }
}

/// Of two groups, each has such a number.
TEST(Packer, CountsScalesThatAreNotFinite) {
  for (int64_t bits : {4, 8})
    for (bool search : {true, false}) {
      const Quantization quant{{.bits = bits}, search};
      for (float odd : {NAN, INFINITY, -INFINITY, 1e8f})
        EXPECT_EQ(countDefects(ElementType::F32, quant, true, odd), 2) << bits << " " << odd;
      EXPECT_EQ(countDefects(ElementType::F32, quant, true, -2), 0);
    }
}

namespace {

/// The integer at (panel, column, channel) of a packed section, by the words of ir/QuantFormat.h.
int integerAt(const PackedLayout &layout, const std::vector<std::byte> &section, int64_t panel,
              int64_t column, int64_t channel) {
  const QuantFormat &format = layout.quant->format;
  int64_t at = panel * layout.panelBytes() + column / format.group * format.blockBytes(32) + 64;
  int64_t k = column % format.group;
  if (format.bits == 8)
    return static_cast<int8_t>(section[at + k / 4 * 128 + channel * 4 + byteOfColumn(k)]);
  auto byte = std::to_integer<int>(section[at + k / 8 * 128 + channel * 4 + byteOfColumn(k)]);
  return (k % 8 < 4 ? byte & 15 : byte >> 4) - 8;
}

float scaleAt(const PackedLayout &layout, const std::vector<std::byte> &section, int64_t panel,
              int64_t column, int64_t channel) {
  const QuantFormat &format = layout.quant->format;
  uint16_t half = 0;
  std::memcpy(&half,
              section.data() + panel * layout.panelBytes() +
                  column / format.group * format.blockBytes(32) + channel * 2,
              sizeof half);
  return fromF16(half);
}

class QuantPacker : public testing::TestWithParam<std::tuple<int64_t, int64_t>> {};

} // namespace

TEST_P(QuantPacker, LaysOutBlocksOfIntegers) {
  auto [bits, group] = GetParam();
  PackedLayout layout;
  layout.rows = 80;
  layout.columns = 172;
  layout.groups = 1;
  layout.interleave = group;
  layout.quant = Quantization{{.bits = bits, .group = group}, /*search=*/false};
  PackJob job = jobOf(layout);
  std::vector<std::byte> section = pack(job, 2);
  ASSERT_EQ(section.size(), static_cast<size_t>(layout.bytes()));
  double largest = bits == 4 ? 7 : 127;
  for (int64_t panel = 0; panel < layout.panels(); ++panel)
    for (int64_t k = 0; k < layout.paddedColumns(); ++k)
      for (int64_t channel = 0; channel < 32; ++channel) {
        float value = expected(layout, panel, k, channel);
        // Numbers of a row grow with k: the last one of a group is its largest.
        int64_t last = std::min<int64_t>((k / group + 1) * group, 172) - 1;
        float scale = static_cast<float>(expected(layout, panel, last, channel) / largest);
        ASSERT_NEAR(scaleAt(layout, section, panel, k, channel), scale, scale * 1e-3)
            << panel << ' ' << k << ' ' << channel;
        int q = integerAt(layout, section, panel, k, channel);
        ASSERT_NEAR(q * scale, value, scale * 0.6) << panel << ' ' << k << ' ' << channel;
      }
}

INSTANTIATE_TEST_SUITE_P(Formats, QuantPacker,
                         testing::Combine(testing::Values(4, 8), testing::Values(32, 64, 192)));
