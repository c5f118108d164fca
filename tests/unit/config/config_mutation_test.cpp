// A config.json with any one bit flipped, or with extreme numbers in place of its own: refused, or
// read into a configuration that keeps every promise of ModelConfig.h. Never a crash.
#include "config/ConfigTest.h"

#include <cmath>
#include <cstdlib>

using namespace graphc;
using namespace graphc::test;

static void expectSound(const ModelConfig &config) {
  ASSERT_GE(config.layers, 1);
  ASSERT_LE(config.layers, 10000);
  ASSERT_GE(config.kvHeads, 1);
  ASSERT_EQ(config.heads % config.kvHeads, 0);
  ASSERT_EQ(config.headDim % 2, 0);
  ASSERT_LE(config.headDim, kMaxHeadDim);
  ASSERT_TRUE(config.normEpsilon > 0 && config.normEpsilon <= 1);
  ASSERT_TRUE(std::isfinite(config.rope.theta) && config.rope.theta >= 1);
  ASSERT_GE(config.rope.factor, 1);
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

TEST(ConfigMutation, E3Row7_EachBitFlipped) {
  std::string text = llama32().dump();
  ASSERT_TRUE(probe(text));
  int accepted = 0;
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string damaged = text;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    accepted += probe(damaged);
    ASSERT_FALSE(HasFatalFailure()) << damaged;
  }
  // A digit may become another one; a key may not become an unknown one.
  EXPECT_LT(accepted, 600);
}

TEST(ConfigMutation, E3Row7_TruncatedAtEachByte) {
  std::string text = llama32().dump();
  for (size_t length = 0; length < text.size(); ++length)
    EXPECT_FALSE(probe(text.substr(0, length))) << length;
}

TEST(ConfigMutation, E3Row7_ExtremeValuesInEachKey) {
  const char *extremes[] = {"0",     "-1",     "1",      "2147483648", "18446744073709551615",
                            "1e308", "-1e308", "1e-320", "0.5",        "null",
                            "true",  "\"x\"",  "[]",     "{}",         "[[1]]"};
  Json original = llama32();
  for (const char *extreme : extremes) {
    for (const auto &[key, value] : original.items()) {
      probe(with(key, extreme).dump());
      ASSERT_FALSE(HasFatalFailure()) << key << " " << extreme;
    }
    for (const auto &[key, value] : original["rope_scaling"].items()) {
      Json document = original;
      document["rope_scaling"][key] = Json::parse(extreme);
      probe(document.dump());
      ASSERT_FALSE(HasFatalFailure()) << key << " " << extreme;
    }
  }
}
