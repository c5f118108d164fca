#include "frontend/config/Rope.h"

#include <gtest/gtest.h>

using namespace graphc;

static std::vector<double> frequencies(int64_t headDim, const RopeConfig &rope) {
  ModelConfig config;
  config.headDim = headDim;
  config.maxPositions = 4096;
  return ropeFrequencies(config, rope, /*context=*/4096).inverse;
}

/// Three roundings to f32 lie between the reference's formula and its exact value; the smooth
/// factor of llama3 loses a little more by cancellation.
static void expectClose(double found, double exact, double tolerance = 1.2e-7) {
  EXPECT_NEAR(found / exact, 1.0, tolerance) << exact;
}

TEST(Rope, DefaultFrequenciesArePowersOfTheta) {
  std::vector<double> found = frequencies(8, {});
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0], 1.0);
  EXPECT_EQ(found[1], 0.1f);
  EXPECT_EQ(found[2], 0.01f);
  EXPECT_EQ(found[3], 0.001f);
}

TEST(Rope, LinearScalingDividesEveryFrequency) {
  RopeConfig rope;
  rope.kind = RopeKind::Linear;
  rope.factor = 4;
  std::vector<double> found = frequencies(8, rope);
  EXPECT_EQ(found[0], 0.25);
  EXPECT_EQ(found[3], 0.001f / 4.0f);
}

// head_dim 64, theta 500000, factor 32, L = 8192. The wavelength of pair i is 2 pi * 500000^(i/32):
// 1956.5 for i = 14 (below 8192/4: kept), 2948.3, 4442.9 and 6695.1 for i = 15, 16, 17 (blended),
// 10089 for i = 18 (above 8192: divided by 32). For i = 16, f = 500000^-0.5 = 0.00141421356 and
// s = (8192 / 4442.88 - 1) / 3 = 0.281277, so (1-s) f/32 + s f = 4.295568e-4.
TEST(Rope, Llama32FrequenciesFollowTheThreeBands) {
  std::vector<double> found = frequencies(64, {RopeKind::Llama3, 500000, 32, 1, 4, 8192});
  ASSERT_EQ(found.size(), 32u);
  EXPECT_EQ(found[0], 1.0);
  expectClose(found[1], 0.663601237696);
  expectClose(found[8], 0.0376060309309);
  expectClose(found[14], 0.00321144599475);
  expectClose(found[15], 0.00129054792821, 4e-7);
  expectClose(found[16], 0.000429556796559, 4e-7);
  expectClose(found[17], 9.70828780263e-05, 4e-7);
  expectClose(found[18], 1.94616381848e-05);
  expectClose(found[31], 9.41830672543e-08);
}

TEST(Rope, EveryFrequencyIsAnF32Value) {
  for (double frequency : frequencies(80, {RopeKind::Llama3, 500000, 8, 1, 4, 8192}))
    EXPECT_EQ(frequency, static_cast<double>(static_cast<float>(frequency)));
}
