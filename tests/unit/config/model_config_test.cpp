#include "SharedData.h"
#include "config/ConfigTest.h"

#include <filesystem>
#include <fstream>
#include <limits>

using namespace graphc;
using namespace graphc::test;
using testing::ElementsAre;

TEST(ModelConfig, ReadsLlama32) {
  Expected<ModelConfig> config = parseModelConfig(llama32(), "config.json");
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->family, Family::Llama);
  EXPECT_EQ(config->vocabSize, 128256);
  EXPECT_EQ(config->hiddenSize, 2048);
  EXPECT_EQ(config->intermediateSize, 8192);
  EXPECT_EQ(config->layers, 16);
  EXPECT_EQ(config->heads, 32);
  EXPECT_EQ(config->kvHeads, 8);
  EXPECT_EQ(config->headDim, 64);
  EXPECT_EQ(config->maxPositions, 131072);
  EXPECT_EQ(config->normEpsilon, 1e-5);
  EXPECT_EQ(config->activation, HiddenActivation::Silu);
  EXPECT_FALSE(config->attentionBias);
  EXPECT_FALSE(config->mlpBias);
  EXPECT_TRUE(config->tiedEmbeddings);
  EXPECT_EQ(config->storedType, ElementType::BF16);
  EXPECT_EQ(config->bosToken, 128000);
  EXPECT_THAT(config->eosTokens, ElementsAre(128001, 128008, 128009));
  RopeConfig rope{RopeKind::Llama3, 500000.0, 32.0, 1.0, 4.0, 8192};
  EXPECT_EQ(config->rope, rope);
  EXPECT_THAT(config->ignoredKeys,
              ElementsAre("attention_dropout", "initializer_range", "pretraining_tp",
                          "transformers_version", "use_cache"));
}

TEST(ModelConfig, FillsInTheDefaultsOfTheFamily) {
  Expected<ModelConfig> config = parseModelConfig({{"model_type", "llama"}}, "config.json");
  ASSERT_TRUE(config.ok()) << config.status().message();
  ModelConfig expected;
  expected.vocabSize = 32000;
  expected.hiddenSize = 4096;
  expected.intermediateSize = 11008;
  expected.layers = expected.heads = expected.kvHeads = 32;
  expected.headDim = 128;
  expected.maxPositions = 2048;
  expected.normEpsilon = 1e-6;
  expected.bosToken = 1;
  expected.eosTokens = {2};
  EXPECT_EQ(*config, expected);
}

TEST(ModelConfig, NullMeansAbsentForNumbersAndNoneForTokens) {
  Json document = llama32();
  for (const char *key : {"num_key_value_heads", "head_dim", "eos_token_id", "rope_scaling",
                          "torch_dtype", "rms_norm_eps"})
    document[key] = nullptr;
  Expected<ModelConfig> config = parseModelConfig(document, "config.json");
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->kvHeads, 32);
  EXPECT_EQ(config->headDim, 64);
  EXPECT_TRUE(config->eosTokens.empty());
  EXPECT_EQ(config->rope.kind, RopeKind::Default);
  EXPECT_EQ(config->storedType, std::nullopt);
  EXPECT_EQ(config->normEpsilon, 1e-6);
}

TEST(ModelConfig, HeadDimNeedNotDivideHiddenSize) {
  Json document = with("hidden_size", "2050");
  EXPECT_TRUE(failure(document).ok());
  expectFailure(failure(with("head_dim", "", document)), StatusCode::BadInput,
                {"config.json: hidden_size", "a multiple of num_attention_heads (32)", "2050"});
}

TEST(ModelConfig, NewSpellingsGiveTheSameConfig) {
  Json document = llama32();
  Json rope = document["rope_scaling"];
  rope["rope_theta"] = document["rope_theta"];
  document.erase("rope_scaling");
  document.erase("rope_theta");
  document["rope_parameters"] = rope;
  document["dtype"] = document["torch_dtype"];
  document.erase("torch_dtype");
  Expected<ModelConfig> config = parseModelConfig(document, "config.json");
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(*config, *parseModelConfig(llama32(), "config.json"));
}

TEST(ModelConfig, SpellingsOfOneThingMustAgree) {
  expectFailure(failure(with("dtype", "\"float32\"")), StatusCode::BadInput,
                {"'dtype' is \"float32\"", "'torch_dtype'", "\"bfloat16\""});
  Json document = llama32();
  document["rope_scaling"]["type"] = "linear";
  expectFailure(failure(document), StatusCode::BadInput, {"rope_type", "\"llama3\"", "\"linear\""});
  document = llama32();
  document["rope_scaling"]["rope_theta"] = 10000.0;
  expectFailure(failure(document), StatusCode::BadInput, {"rope_theta", "500000.0", "10000.0"});
}

TEST(ModelConfig, ReadsLinearScalingUnderItsOldKey) {
  Json document = with("rope_scaling", R"({"type": "linear", "factor": 4})");
  Expected<ModelConfig> config = parseModelConfig(document, "config.json");
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->rope.kind, RopeKind::Linear);
  EXPECT_EQ(config->rope.factor, 4.0);
}

TEST(ModelConfig, ReadsASingleEndToken) {
  Expected<ModelConfig> config = parseModelConfig(with("eos_token_id", "7"), "config.json");
  ASSERT_TRUE(config.ok());
  EXPECT_THAT(config->eosTokens, ElementsAre(7));
}

TEST(ModelConfig, E3Row7_RefusesValuesOutsideTheirLimits) {
  struct Case {
    const char *key, *value, *allowed;
  };
  for (Case c :
       {Case{"num_hidden_layers", "1000000000", "1 to 10000"},
        Case{"num_hidden_layers", "18446744073709551615", "1 to 10000"},
        Case{"num_hidden_layers", "0", "1 to 10000"}, Case{"hidden_size", "-2048", "1 to 1048576"},
        Case{"hidden_size", "2048.0", "an integer"}, Case{"hidden_size", "\"2048\"", "an integer"},
        Case{"vocab_size", "true", "an integer"}, Case{"head_dim", "8192", "2 to 4096"},
        Case{"rms_norm_eps", "-1e-5", "a number"}, Case{"rope_theta", "0.5", "1 to 1e+15"},
        Case{"attention_bias", "1", "true or false"},
        Case{"eos_token_id", "[1, -2]", "0 to 16777215"}}) {
    std::string key = c.key;
    expectFailure(failure(with(key, c.value)), StatusCode::BadInput,
                  {"config.json: " + key + ": expected ", c.allowed, "but found "});
  }
}

TEST(ModelConfig, E3Row7_RefusesNumbersThatAreNotFinite) {
  expectFailure(parseJson(R"({"rms_norm_eps": NaN})", "config.json").status(), StatusCode::BadInput,
                {"config.json", "not valid JSON"});
  expectFailure(parseJson(R"({"rms_norm_eps": 1e999})", "config.json").status(),
                StatusCode::BadInput, {"config.json"});
  Json document = llama32();
  for (double value :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    document["rms_norm_eps"] = value;
    expectFailure(failure(document), StatusCode::BadInput, {"rms_norm_eps"});
  }
}

TEST(ModelConfig, E3Row7_RefusesHeadsThatDoNotDivide) {
  expectFailure(
      failure(with("num_key_value_heads", "5")), StatusCode::BadInput,
      {"config.json: num_key_value_heads", "a divisor of num_attention_heads (32)", "found 5"});
  expectFailure(failure(with("num_key_value_heads", "64")), StatusCode::BadInput,
                {"num_key_value_heads", "found 64"});
}

TEST(ModelConfig, E3Row7_RefusesADerivedHeadDimOutsideItsLimits) {
  Json document = with("head_dim", "", with("num_key_value_heads", "1"));
  document["num_attention_heads"] = 1;
  document["hidden_size"] = 8192;
  expectFailure(failure(document), StatusCode::BadInput,
                {"hidden_size / num_attention_heads", "at most 4096", "found 8192"});
}

TEST(ModelConfig, E3Row7_RefusesEndlessTokenLists) {
  Json document = llama32();
  document["eos_token_id"] = std::vector<int>(1025, 1);
  expectFailure(failure(document), StatusCode::BadInput,
                {"eos_token_id", "a list of 1025 entries", "at most 1024"});
}

TEST(ModelConfig, E3Row7_RefusesOddHeadDimWithRope) {
  expectFailure(failure(with("head_dim", "63")), StatusCode::BadInput,
                {"config.json: head_dim", "an even number", "found 63"});
  expectFailure(failure(with("head_dim", "", with("hidden_size", "32"))), StatusCode::BadInput,
                {"head_dim", "found 1"});
}

TEST(ModelConfig, E3Row7_RefusesAMissingKeyWithoutDefault) {
  for (const char *key : {"factor", "low_freq_factor", "original_max_position_embeddings"}) {
    Json document = llama32();
    document["rope_scaling"].erase(key);
    expectFailure(failure(document), StatusCode::BadInput,
                  {"config.json: rope_scaling: " + std::string(key), "missing"});
  }
  Json document = llama32();
  document.erase("architectures");
  document.erase("model_type");
  expectFailure(failure(document), StatusCode::BadInput, {"neither 'architectures'"});
}

TEST(ModelConfig, E3Row7_RefusesImpossibleRopeFactors) {
  Json document = llama32();
  document["rope_scaling"]["high_freq_factor"] = 1.0;
  expectFailure(failure(document), StatusCode::BadInput,
                {"high_freq_factor", "more than low_freq_factor (1.0)", "found 1.0"});
  expectFailure(failure(with("rope_scaling", R"({"type": "linear", "factor": 0})")),
                StatusCode::BadInput, {"rope_scaling: factor", "found 0"});
  expectFailure(failure(with("rope_scaling", "[1]")), StatusCode::BadInput,
                {"rope_scaling", "an object"});
}

TEST(ModelConfig, E3Row7_RefusesTokensBeyondTheVocabulary) {
  expectFailure(failure(with("bos_token_id", "128256")), StatusCode::BadInput,
                {"bos_token_id", "below vocab_size (128256)"});
  expectFailure(failure(with("eos_token_id", "[1, 200000]")), StatusCode::BadInput,
                {"eos_token_id", "found 200000"});
}

TEST(ModelConfig, E3Row7_RefusesADocumentThatIsNoObject) {
  expectFailure(failure(Json::parse("[1, 2]")), StatusCode::BadInput, {"expected an object"});
}

TEST(ModelConfig, E3Row8_RefusesUnknownArchitectures) {
  expectFailure(failure(with("architectures", R"(["LlamaForCasualLM"])")), StatusCode::Unsupported,
                {"'LlamaForCasualLM'", "nearest supported: ", "'LlamaForCausalLM'"});
  expectFailure(failure(with("model_type", "\"mamba\"")), StatusCode::Unsupported, {"'mamba'"});
  Json document = with("architectures", "", with("model_type", "\"lama\""));
  expectFailure(failure(document), StatusCode::Unsupported, {"nearest supported: 'llama'"});
  expectFailure(failure(with("architectures", R"(["A", "B"])")), StatusCode::BadInput,
                {"architectures"});
}

TEST(ModelConfig, E3Row8_RefusesUnknownRopeKinds) {
  expectFailure(failure(with("rope_scaling", R"({"rope_type": "yarm", "factor": 2.0})")),
                StatusCode::Unsupported,
                {"config.json: rope_scaling: rope_type", "'yarm'", "'yarn'"});
  Json perLayer = with("rope_scaling", "", with("rope_theta", ""));
  perLayer["rope_parameters"] = {{"full_attention", {{"rope_type", "default"}}}};
  expectFailure(failure(perLayer), StatusCode::Unsupported, {"'full_attention'"});
}

TEST(ModelConfig, E3Row8_RefusesUnknownActivations) {
  expectFailure(failure(with("hidden_act", "\"sillu\"")), StatusCode::Unsupported,
                {"config.json: hidden_act", "'sillu'", "nearest supported: 'silu'"});
}

TEST(ModelConfig, E3Row8_RefusesQuantizedWeights) {
  expectFailure(failure(with("quantization_config", R"({"quant_method": "gptq", "bits": 4})")),
                StatusCode::Unsupported,
                {"quantization_config", "\"gptq\"", "supported: none (F32, F16 and BF16 weights)"});
  EXPECT_TRUE(failure(with("quantization_config", "null")).ok());
}

TEST(ModelConfig, E3Row8_KeysThatMayChangeTheMathsStopTheCompile) {
  expectFailure(failure(with("logit_scale", "0.0625")), StatusCode::Unsupported,
                {"config.json", "'logit_scale' = 0.0625", "family llama"});
  expectFailure(failure(with("num_local_experts", "8")), StatusCode::Unsupported,
                {"'num_local_experts'"});
  expectFailure(failure(with("num_hiden_layers", "8")), StatusCode::Unsupported,
                {"nearest understood: 'num_hidden_layers'"});
  expectFailure(failure(with("partial_rotary_factor", "0.5")), StatusCode::Unsupported,
                {"'partial_rotary_factor' = 0.5"});
  expectFailure(failure(with("rope_scaling", R"({"factor": 2.0})")), StatusCode::Unsupported,
                {"rope_scaling", "'factor'", "rope kind default"});
  Json document = llama32();
  document["rope_scaling"]["attention_factor"] = 1.5;
  expectFailure(failure(document), StatusCode::Unsupported, {"'attention_factor'"});
}

TEST(ModelConfig, UnknownKeysThatSayNothingAreReadOver) {
  Json document = llama32();
  document["logit_scale"] = nullptr;
  document["use_moe"] = false;
  document["layer_types"] = Json::array();
  document["kind"] = "";
  document["partial_rotary_factor"] = 1.0;
  Expected<ModelConfig> config = parseModelConfig(document, "config.json");
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_THAT(config->ignoredKeys, testing::IsSupersetOf({"logit_scale", "use_moe", "layer_types",
                                                          "kind", "partial_rotary_factor"}));
}

TEST(ModelConfig, MessagesShowNoControlCharacters) {
  Status status = failure(with("hidden_act", "\"\\u001b[31mred\""));
  EXPECT_EQ(status.message().find('\x1b'), std::string::npos) << status.message();
}

TEST(ModelConfig, ReadsAFolderOrItsFile) {
  GRAPHC_REQUIRE_SHARED_DATA("stories260K/hf/config.json");
  std::filesystem::path folder = sharedData() / "stories260K/hf";
  Expected<ModelConfig> config = readModelConfig(folder);
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->hiddenSize, 64);
  EXPECT_EQ(config->headDim, 8);
  EXPECT_TRUE(config->tiedEmbeddings);
  EXPECT_EQ(*readModelConfig(folder / "config.json"), *config);
  EXPECT_TRUE(readModelConfig(sharedData() / "golden_hf/llama_gqa").ok());
}

TEST(ModelConfig, E3Row1_AnAbsentFileIsNamed) {
  expectFailure(readModelConfig("/nowhere/config.json").status(), StatusCode::BadInput,
                {"/nowhere/config.json"});
}
