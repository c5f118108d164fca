// A config.json with any one bit flipped, or with extreme numbers in place of its own: refused, or
// read into a configuration that keeps every promise of ModelConfig.h. Never a crash.
#include "config/ConfigTest.h"
#include "frontend/config/Rope.h"

#include <cmath>
#include <cstdlib>
#include <set>

using namespace graphc;
using namespace graphc::test;

static void expectSound(const ModelConfig &config, const RopeConfig &rope) {
  ASSERT_TRUE(std::isfinite(rope.theta) && rope.theta >= 1);
  ASSERT_GE(rope.factor, 1);
  for (int64_t context : {int64_t(1), config.maxPositions, 2 * config.maxPositions}) {
    RopeFrequencies frequencies = ropeFrequencies(config, rope, context);
    ASSERT_EQ(int64_t(frequencies.inverse.size()), config.rotaryDim() / 2);
    for (double frequency : frequencies.inverse)
      ASSERT_TRUE(std::isfinite(frequency) && frequency >= 0);
    ASSERT_TRUE(std::isfinite(frequencies.scale) && frequencies.scale > 0);
  }
}

static void expectSound(const ModelConfig &config) {
  ASSERT_GE(config.layers, 1);
  ASSERT_LE(config.layers, 10000);
  ASSERT_GE(config.kvHeads, 1);
  ASSERT_EQ(config.heads % config.kvHeads, 0);
  ASSERT_EQ(config.headDim % 2, 0);
  ASSERT_LE(config.headDim, kMaxHeadDim);
  ASSERT_TRUE(config.normEpsilon > 0 && config.normEpsilon <= 1);
  ASSERT_TRUE(config.layerTypes.empty() || int64_t(config.layerTypes.size()) == config.layers);
  ASSERT_EQ(config.slidingWindow.has_value(), !config.layerTypes.empty());
  ASSERT_GE(config.slidingWindow.value_or(1), 1);
  expectSound(config, config.rope);
  if (config.slidingRope)
    expectSound(config, *config.slidingRope);
  for (int64_t token : config.eosTokens)
    ASSERT_LT(token, config.vocabSize);
}

/// Reads a damaged file; whether it was accepted.
static bool probe(const std::string &text) {
  Expected<Json> document = parseJson(text, "config.json");
  Status status = document.status();
  if (document.ok()) {
    Expected<ModelConfig> config = parseModelConfig(*document, "config.json");
    if (config.ok()) {
      expectSound(*config);
      return true;
    }
    status = config.status();
  }
  EXPECT_TRUE(status.code() == StatusCode::BadInput || status.code() == StatusCode::Unsupported)
      << status.message();
  return false;
}

static std::vector<Json> documents() {
  return {llama32(), gemma3WithVision(), phi3WithLongRope(), qwen2WithYarn()};
}

TEST(ConfigMutation, E3Row7_EachBitFlipped) {
  for (const Json &document : documents()) {
    std::string text = document.dump();
    ASSERT_TRUE(probe(text));
    size_t accepted = 0;
    for (size_t bit = 0; bit < text.size() * 8; ++bit) {
      std::string damaged = text;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      accepted += probe(damaged);
      ASSERT_FALSE(HasFatalFailure()) << damaged;
    }
    // A digit may become another one; a key may not become an unknown one.
    EXPECT_LT(accepted, text.size() * 8 / 5);
  }
}

TEST(ConfigMutation, E3Row7_TruncatedAtEachByte) {
  for (const Json &document : documents()) {
    std::string text = document.dump();
    for (size_t length = 0; length < text.size(); ++length)
      EXPECT_FALSE(probe(text.substr(0, length))) << length;
  }
}

/// Puts `extreme` in place of each value of a document, one after the other, objects included.
static void probeEachValue(const Json &document, const Json &extreme) {
  const Json flat = document.flatten();
  std::set<std::string> places;
  for (const auto &[place, value] : flat.items())
    for (size_t end = place.size(); end != std::string::npos && end > 0;
         end = place.rfind('/', end - 1))
      places.insert(place.substr(0, end));
  for (const std::string &place : places) {
    Json damaged = document;
    damaged[Json::json_pointer(place)] = extreme;
    probe(damaged.dump());
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << place << " " << extreme;
  }
}

TEST(ConfigMutation, E3Row7_ExtremeValuesInEachKey) {
  const char *extremes[] = {"0",     "-1",     "1",      "2147483648", "18446744073709551615",
                            "1e308", "-1e308", "1e-320", "0.5",        "null",
                            "true",  "\"x\"",  "[]",     "{}",         "[[1]]"};
  for (const Json &document : documents())
    for (const char *extreme : extremes)
      probeEachValue(document, Json::parse(extreme));
}
