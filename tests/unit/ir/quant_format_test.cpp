#include "ir/QuantFormat.h"

#include "runtime/base/ElementType.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <vector>

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

TEST(QuantFormat, BlocksHoldScalesAndIntegers) {
  EXPECT_EQ((QuantFormat{.bits = 4, .group = 32}.blockBytes(32)), 64 + 512);
  EXPECT_EQ((QuantFormat{.bits = 8, .group = 32}.blockBytes(32)), 64 + 1024);
  EXPECT_EQ((QuantFormat{.bits = 8, .group = 128}.blockBytes(32)), 64 + 4096);
  EXPECT_EQ(quantRowBytes(192), 192 + 6 * 8);
}
