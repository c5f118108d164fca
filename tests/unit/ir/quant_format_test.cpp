#include "ir/QuantFormat.h"

#include "runtime/base/ElementType.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <tuple>
#include <vector>

// The definition below multiplies and adds apart, as what it is compared with.
#pragma clang fp contract(off)

using namespace graphc;

namespace {

std::vector<float> randomGroup(uint32_t seed, size_t count, float deviation) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0.0f, deviation);
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(engine);
  return values;
}

double squaredError(const std::vector<float> &values, const std::vector<int8_t> &integers,
                    float scale) {
  double error = 0;
  for (size_t i = 0; i < values.size(); ++i)
    error += std::pow(double(values[i]) - double(scale) * integers[i], 2);
  return error;
}

struct Rounded {
  float scale;
  std::vector<int8_t> integers;
  double error;
};

Rounded quantize(const QuantFormat &format, bool search, const std::vector<float> &values) {
  std::vector<int8_t> integers(values.size());
  float scale = quantizeGroup(format, search, values, integers);
  return {scale, integers, squaredError(values, integers, scale)};
}

} // namespace

TEST(QuantFormat, AbsMaxMakesTheLargestMagnitudeTheLargestInteger) {
  std::vector<float> values(32, 0.25f);
  values[7] = -3.5f;
  Rounded four = quantize({.bits = 4, .group = 32}, /*search=*/false, values);
  EXPECT_EQ(four.scale, 0.5f);
  EXPECT_EQ(four.integers[7], -7);
  EXPECT_EQ(four.integers[0], 0); // 0.5 is rounded to even
  Rounded eight = quantize({.bits = 8, .group = 32}, /*search=*/false, values);
  EXPECT_EQ(eight.integers[7], -127);
  EXPECT_EQ(eight.scale, fromF16(toF16(3.5f / 127)));
}

TEST(QuantFormat, SearchHasASmallerErrorThanAbsMaxInSumAndNeverALargerOne) {
  for (int64_t bits : {4, 8}) {
    double searched = 0, plain = 0;
    for (uint32_t seed = 0; seed < 200; ++seed) {
      std::vector<float> values = randomGroup(seed, 32, seed % 2 ? 0.02f : 1.0f);
      QuantFormat format{.bits = bits, .group = 32};
      Rounded best = quantize(format, /*search=*/true, values);
      Rounded first = quantize(format, /*search=*/false, values);
      EXPECT_LE(best.error, first.error * (1 + 1e-5)) << bits << " bits, seed " << seed;
      searched += best.error;
      plain += first.error;
    }
    EXPECT_LT(searched, plain * (bits == 4 ? 0.9 : 0.999)) << bits << " bits";
  }
}

TEST(QuantFormat, IntegersStayInTheirRange) {
  for (int64_t bits : {4, 8})
    for (bool search : {false, true})
      for (uint32_t seed = 0; seed < 50; ++seed) {
        std::vector<float> values = randomGroup(seed, 32, 1.0f);
        values[seed % 32] = seed % 3 ? 9.0f : -9.0f; // far out
        QuantFormat format{.bits = bits, .group = 32};
        for (int8_t q : quantize(format, search, values).integers) {
          EXPECT_GE(q, format.least());
          EXPECT_LE(q, format.most());
        }
      }
}

TEST(QuantFormat, ScalesAreNumbersOfF16AndZerosStayZeros) {
  Rounded some = quantize({.bits = 4, .group = 32}, /*search=*/true, randomGroup(1, 32, 0.3f));
  EXPECT_EQ(some.scale, fromF16(toF16(some.scale)));
  Rounded none = quantize({.bits = 4, .group = 32}, /*search=*/true, std::vector<float>(32, 0.0f));
  EXPECT_EQ(none.scale, 0.0f);
  EXPECT_EQ(none.integers, std::vector<int8_t>(32, 0));
}

TEST(QuantFormat, RowsHaveNoLargerErrorThanHalfAStep) {
  std::vector<float> values = randomGroup(3, 32, 2.0f);
  std::vector<int8_t> integers(32);
  float scale = quantizeRowGroup(values, integers);
  for (size_t i = 0; i < values.size(); ++i)
    EXPECT_LE(std::fabs(values[i] - scale * integers[i]), scale * 0.5001f);
  std::vector<float> zeros(20, 0.0f);
  EXPECT_EQ(quantizeRowGroup(zeros, std::span(integers).first(20)), 0.0f);
  EXPECT_EQ(integers[0], 0);
}

namespace {

/// The definition with one number at a time: scale of the group, then the integers with it.
float definedScale(const QuantFormat &format, bool search, const std::vector<float> &values) {
  const auto most = static_cast<float>(format.most());
  float largest = 0;
  for (float value : values)
    largest = std::max(largest, std::fabs(value));
  auto rounded = [&](float value, float inverse) {
    return std::clamp(std::nearbyint(value * inverse), static_cast<float>(format.least()), most);
  };
  auto errorOf = [&](float scale) {
    float error = 0;
    for (float value : values) {
      float product = scale * rounded(value, scale == 0 ? 0 : 1 / scale);
      float difference = value - product;
      float square = difference * difference;
      error += square;
    }
    return error;
  };
  const float plain = fromF16(toF16(largest / most));
  if (!search || plain == 0)
    return plain;
  float best = 0, bestGain = 0;
  for (float step : format.bits == 4
                        ? std::vector<float>{1.0f, 0.95f, 0.9f, 0.85f, 0.8f, 0.75f, 0.69f, 1.06f,
                                             -0.94f, -0.88f, -0.82f, -0.76f}
                        : std::vector<float>{1.0f, 0.994f, 0.987f}) {
    float xq = 0, qq = 0;
    for (float value : values) {
      float q = rounded(value, most / (largest * step));
      float product = value * q;
      xq += product;
      qq += q * q;
    }
    if (qq > 0 && xq / qq * xq > bestGain) {
      best = xq / qq;
      bestGain = best * xq;
    }
  }
  const float searched = fromF16(toF16(best));
  return errorOf(searched) < errorOf(plain) ? searched : plain;
}

/// Groups of several kinds, one for each channel of a block.
std::vector<std::vector<float>> groupsOfABlock(int64_t group) {
  std::vector<std::vector<float>> groups;
  for (uint32_t channel = 0; channel < kBlockChannels; ++channel)
    groups.push_back(randomGroup(channel, static_cast<size_t>(group), channel % 2 ? 0.02f : 3.0f));
  std::fill(groups[3].begin(), groups[3].end(), 0.0f);
  for (float &value : groups[7])
    value *= 1e-8f; // scales become zeros of f16
  for (float &value : groups[11])
    value *= 1e-6f; // scales become denormal numbers of f16
  for (float &value : groups[13])
    value *= 1e-39f; // no reciprocal
  groups[17][5] = -50.0f;
  std::fill(groups[19].begin() + 9, groups[19].end(), 0.0f);
  return groups;
}

/// The integer of (channel, k) in a block, by the words of QuantFormat.h.
int integerOf(const QuantFormat &format, const std::vector<std::byte> &block, int64_t channel,
              int64_t k) {
  static constexpr int64_t kByteOf[] = {0, 2, 1, 3};
  const std::byte *units = block.data() + 64;
  if (format.bits == 8)
    return static_cast<int8_t>(units[k / 4 * 128 + channel * 4 + kByteOf[k % 4]]);
  auto byte = std::to_integer<int>(units[k / 8 * 128 + channel * 4 + kByteOf[k % 4]]);
  return (k % 8 < 4 ? byte & 15 : byte >> 4) - 8;
}

class QuantBlock : public testing::TestWithParam<std::tuple<int64_t, int64_t, bool>> {};

} // namespace

TEST_P(QuantBlock, HoldsTheBitsOfEachGroupAlone) {
  const auto [bits, group, search] = GetParam();
  const QuantFormat format{.bits = bits, .group = group};
  const std::vector<std::vector<float>> groups = groupsOfABlock(group);
  std::vector<float> turned;
  for (int64_t k = 0; k < group; ++k)
    for (const std::vector<float> &values : groups)
      turned.push_back(values[static_cast<size_t>(k)]);
  std::vector<std::byte> block(static_cast<size_t>(format.blockBytes(kBlockChannels)));
  quantizeBlock(format, search, turned, block);
  for (int64_t channel = 0; channel < kBlockChannels; ++channel) {
    const std::vector<float> &values = groups[static_cast<size_t>(channel)];
    const Rounded alone = quantize(format, search, values);
    EXPECT_EQ(alone.scale, definedScale(format, search, values)) << "channel " << channel;
    uint16_t scale = 0;
    std::memcpy(&scale, block.data() + channel * 2, sizeof scale);
    EXPECT_EQ(scale, toF16(alone.scale)) << "channel " << channel;
    for (int64_t k = 0; k < group; ++k)
      ASSERT_EQ(integerOf(format, block, channel, k), alone.integers[static_cast<size_t>(k)])
          << "channel " << channel << ", column " << k;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, QuantBlock,
                         testing::Combine(testing::Values(4, 8), testing::Values(32, 64, 160),
                                          testing::Bool()));

TEST(QuantFormat, WhatIsNotANumberBecomesAnIntegerInRange) {
  std::vector<float> values = randomGroup(1, 32, 1.0f);
  values[4] = std::numeric_limits<float>::quiet_NaN();
  values[9] = std::numeric_limits<float>::infinity();
  for (int64_t bits : {4, 8}) {
    const QuantFormat format{.bits = bits, .group = 32};
    for (int8_t q : quantize(format, /*search=*/true, values).integers) {
      EXPECT_GE(q, format.least());
      EXPECT_LE(q, format.most());
    }
  }
}

TEST(QuantFormat, NumbersThatAreNotFiniteHaveNoFiniteScale) {
  for (float broken : {NAN, -NAN, INFINITY, -INFINITY})
    for (size_t at : {0, 15, 16, 31}) {
      std::vector<float> values = randomGroup(4, 32, 1.0f);
      values[at] = broken;
      for (int64_t bits : {4, 8})
        for (bool search : {false, true})
          EXPECT_FALSE(std::isfinite(quantize({.bits = bits, .group = 32}, search, values).scale));
      std::vector<int8_t> integers(32);
      EXPECT_EQ(std::isnan(quantizeRowGroup(values, integers)), std::isnan(broken)) << at;
      EXPECT_FALSE(std::isfinite(quantizeRowGroup(values, integers))) << at;
    }
}

TEST(QuantFormat, BlocksHoldScalesAndIntegers) {
  EXPECT_EQ((QuantFormat{.bits = 4, .group = 32}.blockBytes(32)), 64 + 512);
  EXPECT_EQ((QuantFormat{.bits = 8, .group = 32}.blockBytes(32)), 64 + 1024);
  EXPECT_EQ((QuantFormat{.bits = 8, .group = 128}.blockBytes(32)), 64 + 4096);
}

TEST(QuantFormat, RowsHoldIntegersScalesAndSums) {
  constexpr QuantRowFormat kRows{.span = 32, .group = 128};
  EXPECT_EQ(kRows.sumsByte(256), 256 + 2 * 4);
  EXPECT_EQ(kRows.rowBytes(256), 256 + 2 * 4 + 8 * 4);
  EXPECT_EQ((QuantRowFormat{16, 16}.rowBytes(192)), 192 + 12 * 8);
}

/// The largest groups that fill rows and meet the weight's groups and blocks whole.
TEST(QuantFormat, RowsHaveTheLargestGroupsThatFit) {
  auto rowsOf = [](int64_t group, int64_t superGroup, int64_t columns) {
    return QuantRowFormat::of({.bits = 4, .group = group, .superGroup = superGroup}, columns);
  };
  EXPECT_EQ(rowsOf(32, 0, 2048), (QuantRowFormat{32, 128}));
  EXPECT_EQ(rowsOf(32, 0, 192), (QuantRowFormat{32, 64}));
  EXPECT_EQ(rowsOf(32, 0, 96), (QuantRowFormat{32, 32}));
  EXPECT_EQ(rowsOf(96, 0, 384), (QuantRowFormat{32, 32}));
  EXPECT_EQ(rowsOf(2048, 0, 2048), (QuantRowFormat{32, 128}));
  EXPECT_EQ(rowsOf(16, 256, 512), (QuantRowFormat{16, 128}));
}
