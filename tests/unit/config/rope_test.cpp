#include "frontend/config/Rope.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace graphc;

static ModelConfig modelOf(int64_t headDim, int64_t maxPositions) {
  ModelConfig config;
  config.headDim = headDim;
  config.maxPositions = maxPositions;
  return config;
}

static std::vector<double> frequencies(int64_t headDim, const RopeConfig &rope) {
  return ropeFrequencies(modelOf(headDim, 4096), rope, /*context=*/4096).inverse;
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

// head_dim 128, theta 1e6, factor 4, L = 32768, as Qwen 2.5 says of long contexts. Pair i turns
// L / (2 pi theta^(i/64)) times in L positions: 32 times at i = 23.6, once at i = 39.65, so the
// ramp goes from 23 to 40. For i = 30, r = 7/17 and f = 1e6^(-30/64) = 1.539926527e-3, so (1-r) f +
// r f/4 = f (1 - 0.75 r) = 1.06436e-3.
TEST(Rope, YarnGoesOverFromKeptToStretchedPairs) {
  RopeConfig rope{.kind = RopeKind::Yarn, .theta = 1e6, .factor = 4};
  rope.originalMaxPositions = 32768;
  RopeFrequencies found = ropeFrequencies(modelOf(128, 131072), rope, /*context=*/131072);
  ASSERT_EQ(found.inverse.size(), 64u);
  EXPECT_EQ(found.inverse[0], 1.0);
  expectClose(found.inverse[23], 0.006978305848598663);
  expectClose(found.inverse[24], 0.005375321490790102, 4e-7);
  expectClose(found.inverse[30], 0.001064360981247002, 4e-7);
  expectClose(found.inverse[36], 0.00017984115587395423, 4e-7);
  expectClose(found.inverse[40], 4.4456985250973074e-05, 4e-7);
  expectClose(found.inverse[63], 3.102344401879299e-07, 4e-7);
  EXPECT_DOUBLE_EQ(found.scale, 0.1 * std::log(4.0) + 1);
}

TEST(Rope, YarnScalesAsTheFileSays) {
  RopeConfig rope{.kind = RopeKind::Yarn, .factor = 4};
  auto scale = [&] { return ropeFrequencies(modelOf(32, 256), rope, 256).scale; };
  rope.mscale = 0.7;
  EXPECT_NEAR(scale(), 1.138629436111989, 1e-12); // One of the two alone says nothing.
  rope.mscaleAllDim = 0.4;
  EXPECT_NEAR(scale(), 1.0394038191422568, 1e-12);
  rope.attentionFactor = 0.8;
  EXPECT_EQ(scale(), 0.8);
  rope = {.kind = RopeKind::Yarn, .factor = 1};
  EXPECT_EQ(scale(), 1);
}

// theta 1e4, factor 2, trained for 4096 positions: for 16384 the base becomes
// 1e4 (2 * 4 - 1)^(8/6) = 133905.18.
TEST(Rope, DynamicScalingFollowsTheContextOfThePlan) {
  const RopeConfig rope{.kind = RopeKind::Dynamic, .factor = 2};
  const ModelConfig config = modelOf(8, 4096);
  EXPECT_EQ(ropeFrequencies(config, rope, 1024).inverse, frequencies(8, {}));
  EXPECT_EQ(ropeFrequencies(config, rope, 4096).inverse, frequencies(8, {}));
  std::vector<double> found = ropeFrequencies(config, rope, 16384).inverse;
  expectClose(found[1], 0.05227579585747);
  expectClose(found[2], 0.002732758832532);
  expectClose(found[3], 0.0001428571428571, 2e-7);
}

TEST(Rope, LongRopeTakesItsFactorsByTheContextOfThePlan) {
  RopeConfig rope{.kind = RopeKind::LongRope};
  rope.shortFactor = {1, 1.1, 1.3, 1.8};
  rope.longFactor = {1, 1.5, 2.5, 4};
  ModelConfig config = modelOf(8, 131072);
  config.originalMaxPositions = 4096;
  RopeFrequencies found = ropeFrequencies(config, rope, 4096);
  expectClose(found.inverse[1], 1 / (1.1 * 10));
  expectClose(found.inverse[3], 1 / (1.8 * 1000));
  EXPECT_NEAR(found.scale, 1.1902380714238083, 1e-12); // sqrt(1 + ln 32 / ln 4096)
  found = ropeFrequencies(config, rope, 4097);
  expectClose(found.inverse[1], 1 / (1.5 * 10));
  expectClose(found.inverse[3], 1 / (4.0 * 1000));
  EXPECT_NEAR(found.scale, 1.1902380714238083, 1e-12);
}

TEST(Rope, LongRopeGoesByItsFactorWhereNoContextIsNamed) {
  RopeConfig rope{.kind = RopeKind::LongRope, .factor = 4};
  rope.shortFactor = rope.longFactor = {1, 1, 1, 1};
  EXPECT_NEAR(ropeFrequencies(modelOf(8, 4096), rope, 64).scale, 1.0801234497346435, 1e-12);
}

TEST(Rope, APartOfAHeadIsRotatedAsIfItWereAll) {
  ModelConfig config = modelOf(80, 2048);
  config.rotaryFactor = 0.4;
  EXPECT_EQ(ropeFrequencies(config, {}, 2048).inverse, frequencies(32, {}));
}

TEST(Rope, EveryFrequencyIsAnF32Value) {
  for (double frequency : frequencies(80, {RopeKind::Llama3, 500000, 8, 1, 4, 8192}))
    EXPECT_EQ(frequency, static_cast<double>(static_cast<float>(frequency)));
}
