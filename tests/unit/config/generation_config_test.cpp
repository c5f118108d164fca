#include "frontend/config/GenerationConfig.h"

#include "config/ConfigTest.h"

#include <filesystem>

using namespace graphc;
using namespace graphc::test;
using testing::ElementsAre;

static Expected<GenerationConfig> parse(const char *text) {
  ModelConfig model = *parseModelConfig(llama32(), "config.json");
  return parseGenerationConfig(Json::parse(text), "generation_config.json", model);
}

TEST(GenerationConfig, OverridesTheModelsTokens) {
  Expected<GenerationConfig> config = parse(R"({
    "_from_model_config": true, "bos_token_id": 1, "do_sample": true, "eos_token_id": [2, 3],
    "temperature": 0.6, "top_p": 0.9, "top_k": 20, "min_p": 0.05, "repetition_penalty": 1.1,
    "transformers_version": "4.45.0", "suppress_tokens": null})");
  ASSERT_TRUE(config.ok()) << config.status().message();
  GenerationConfig expected{
      true, 0.6, 20, 0.9, 0.05, 1.1, 1, {2, 3}, {"_from_model_config", "transformers_version"}};
  EXPECT_EQ(*config, expected);
}

TEST(GenerationConfig, AbsentKeysHaveTheReferencesDefaults) {
  Expected<GenerationConfig> config = parse("{}");
  ASSERT_TRUE(config.ok());
  GenerationConfig expected;
  expected.bosToken = 128000;
  expected.eosTokens = {128001, 128008, 128009};
  EXPECT_EQ(*config, expected);
  EXPECT_EQ(expected.topK, 50);
}

TEST(GenerationConfig, AnAbsentFileGivesTheDefaults) {
  ModelConfig model = *parseModelConfig(llama32(), "config.json");
  Expected<GenerationConfig> config = readGenerationConfig(testing::TempDir() + "no/such", model);
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->eosTokens, model.eosTokens);
}

TEST(GenerationConfig, E3Row7_RefusesImpossibleValues) {
  expectFailure(parse(R"({"temperature": -1})").status(), StatusCode::BadInput,
                {"generation_config.json: temperature", "found -1"});
  expectFailure(parse(R"({"top_p": 1.5})").status(), StatusCode::BadInput, {"top_p", "0 to 1"});
  expectFailure(parse(R"({"eos_token_id": 999999})").status(), StatusCode::BadInput,
                {"eos_token_id", "below vocab_size (128256)"});
  expectFailure(parse("[]").status(), StatusCode::BadInput, {"expected an object"});
}
