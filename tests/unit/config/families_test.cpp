// What the families' own keys say, in both spellings, and what is refused.
#include "config/ConfigTest.h"

using namespace graphc;
using namespace graphc::test;
using testing::ElementsAre;

namespace {

constexpr LayerAttention kFull = LayerAttention::Full, kSliding = LayerAttention::Sliding;

ModelConfig read(const Json &document) {
  Expected<ModelConfig> config = parseModelConfig(document, "config.json");
  EXPECT_TRUE(config.ok()) << config.status().message();
  return config.ok() ? *config : ModelConfig();
}

ModelConfig read(const char *text) { return read(Json::parse(text)); }

Status failureOf(const char *text) {
  return parseModelConfig(Json::parse(text), "config.json").status();
}

} // namespace

TEST(Families, MistralSlidesUnlessItsWindowIsNull) {
  ModelConfig config = read(R"({"model_type": "mistral", "num_hidden_layers": 2})");
  EXPECT_EQ(config.slidingWindow, 4096);
  EXPECT_THAT(config.layerTypes, ElementsAre(kSliding, kSliding));
  config = read(R"({"model_type": "mistral", "sliding_window": null})");
  EXPECT_EQ(config.slidingWindow, std::nullopt);
  EXPECT_EQ(config.attentionOf(0), kFull);
}

TEST(Families, QwenSlidesFromALayerOnIfItIsTold) {
  ModelConfig config = read(R"({"model_type": "qwen2", "num_hidden_layers": 3,
      "max_window_layers": 1, "sliding_window": 8})");
  EXPECT_EQ(config.slidingWindow, std::nullopt);
  EXPECT_TRUE(config.form.qkvBias);
  EXPECT_FALSE(config.attentionBias);
  config = read(R"({"model_type": "qwen3", "num_hidden_layers": 3, "max_window_layers": 1,
      "sliding_window": 8, "use_sliding_window": true})");
  EXPECT_THAT(config.layerTypes, ElementsAre(kFull, kSliding, kSliding));
  EXPECT_TRUE(config.form.queryKeyNorm);
}

TEST(Families, LayerTypesAreTakenAsTheyStand) {
  ModelConfig config = read(R"({"model_type": "gemma2", "num_hidden_layers": 3,
      "layer_types": ["full_attention", "sliding_attention", "full_attention"]})");
  EXPECT_THAT(config.layerTypes, ElementsAre(kFull, kSliding, kFull));
  expectFailure(failureOf(R"({"model_type": "gemma2", "num_hidden_layers": 3,
                    "layer_types": ["full_attention"]})"),
                StatusCode::BadInput, {"config.json: layer_types", "3 layers", "1"});
  expectFailure(failureOf(R"({"model_type": "gemma2", "num_hidden_layers": 1,
                    "layer_types": ["chunked_attention"]})"),
                StatusCode::Unsupported, {"layer_types", "'chunked_attention'"});
  expectFailure(failureOf(R"({"model_type": "mistral", "num_hidden_layers": 1,
                    "sliding_window": null, "layer_types": ["sliding_attention"]})"),
                StatusCode::BadInput, {"layer_types", "no sliding_window"});
}

TEST(Families, Gemma1HasTheTanhFormWhateverHiddenActSays) {
  ModelConfig config = read(R"({"model_type": "gemma", "hidden_act": "gelu",
      "hidden_activation": null, "hidden_size": 1024})");
  EXPECT_EQ(config.activation, HiddenActivation::GeluTanh);
  EXPECT_EQ(config.form.normOffset, 1);
  EXPECT_TRUE(config.form.scaledEmbedding);
  EXPECT_TRUE(config.tiedEmbeddings);
  EXPECT_EQ(config.headDim, 256);
}

TEST(Families, GemmaRefusesAnActivationThatItWasNotTrainedWith) {
  expectFailure(failureOf(R"({"model_type": "gemma", "hidden_act": "silu"})"),
                StatusCode::Unsupported, {"'hidden_act' = \"silu\"", "family gemma"});
}

TEST(Families, Gemma2CapsAndSlidesInTurns) {
  ModelConfig config = read(R"({"model_type": "gemma2", "num_hidden_layers": 4})");
  EXPECT_EQ(config.attentionSoftCap, 50);
  EXPECT_EQ(config.logitSoftCap, 30);
  EXPECT_EQ(config.queryPreAttentionScalar, 256);
  EXPECT_TRUE(config.form.postNorms);
  EXPECT_THAT(config.layerTypes, ElementsAre(kSliding, kFull, kSliding, kFull));
}

TEST(Families, Gemma3HasTwoRopesInBothSpellings) {
  ModelConfig old = read(R"({"model_type": "gemma3_text", "num_hidden_layers": 7,
      "rope_local_base_freq": 5000.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0}})");
  EXPECT_THAT(old.layerTypes,
              ElementsAre(kSliding, kSliding, kSliding, kSliding, kSliding, kFull, kSliding));
  EXPECT_EQ(old.rope.kind, RopeKind::Linear);
  EXPECT_EQ(old.rope.theta, 1e6);
  ASSERT_TRUE(old.slidingRope.has_value());
  EXPECT_EQ(old.slidingRope->kind, RopeKind::Default);
  EXPECT_EQ(old.slidingRope->theta, 5000);
  ModelConfig current = read(R"({"model_type": "gemma3_text", "num_hidden_layers": 7,
      "rope_parameters": {
        "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0},
        "sliding_attention": {"rope_type": "default", "rope_theta": 5000.0}}})");
  EXPECT_EQ(current.rope, old.rope);
  EXPECT_EQ(current.slidingRope, old.slidingRope);
  expectFailure(failureOf(R"({"model_type": "gemma3_text", "rope_parameters": {
                    "full_attention": {"rope_type": "default", "rope_theta": 1000000.0}}})"),
                StatusCode::BadInput, {"rope_parameters: sliding_attention", "found none"});
  expectFailure(failureOf(R"({"model_type": "gemma3_text", "rope_parameters": {
                    "full_attention": {"rope_type": "default"}, "sliding_attention": {}}})"),
                StatusCode::BadInput, {"full_attention: rope_theta", "missing"});
}

TEST(Families, Phi2HasAFormOfItsOwn) {
  ModelConfig config = read(R"({"model_type": "phi", "hidden_size": 2560,
      "num_attention_heads": 32, "partial_rotary_factor": 0.4, "layer_norm_eps": 1e-05,
      "hidden_act": "gelu_new", "qk_layernorm": false, "num_key_value_heads": null})");
  EXPECT_EQ(config.form.norm, NormKind::Layer);
  EXPECT_TRUE(config.form.parallel);
  EXPECT_EQ(config.headDim, 80);
  EXPECT_EQ(config.rotaryDim(), 32);
  EXPECT_EQ(config.activation, HiddenActivation::GeluTanh);
  EXPECT_EQ(config.normEpsilon, 1e-5);
  expectFailure(failureOf(R"({"model_type": "phi", "qk_layernorm": true})"),
                StatusCode::Unsupported, {"'qk_layernorm'", "family phi"});
}

TEST(Families, PartOfAHeadThatIsRotatedStandsBesideTheRopeOrInIt) {
  ModelConfig config = read(R"({"model_type": "phi", "rope_parameters": {
      "rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.25}})");
  EXPECT_EQ(config.rotaryDim(), 16);
  expectFailure(failureOf(R"({"model_type": "phi", "partial_rotary_factor": 0.5,
                    "rope_parameters": {"partial_rotary_factor": 0.25}})"),
                StatusCode::BadInput, {"partial_rotary_factor is 0.5 but 0.25 in the scaling"});
}

TEST(Families, Phi3TakesAFactorForEachPair) {
  ModelConfig config = read(R"({"model_type": "phi3", "hidden_size": 64,
      "num_attention_heads": 4, "partial_rotary_factor": 0.5, "rope_scaling": {"type": "su",
      "short_factor": [1, 1, 1, 1], "long_factor": [1, 2, 3, 4]}})");
  EXPECT_EQ(config.rotaryDim(), 8);
  EXPECT_EQ(config.rope.kind, RopeKind::LongRope);
  EXPECT_THAT(config.rope.longFactor, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(config.originalMaxPositions, 4096);
  expectFailure(failureOf(R"({"model_type": "phi3", "hidden_size": 64,
                    "num_attention_heads": 4, "rope_scaling": {"type": "longrope",
                    "short_factor": [1, 1, 1, 1], "long_factor": [1, 2, 3, 4]}})"),
                StatusCode::BadInput, {"rope_scaling: short_factor", "8 numbers", "found 4"});
  expectFailure(failureOf(R"({"model_type": "phi3", "partial_rotary_factor": 0.01})"),
                StatusCode::BadInput, {"head_dim * partial_rotary_factor"});
}

TEST(Families, Phi3CallsLongRopeYarnInOldFiles) {
  ModelConfig config = read(R"({"model_type": "phi3", "hidden_size": 64,
      "num_attention_heads": 8, "rope_scaling": {"type": "yarn",
      "short_factor": [1, 1, 1, 1], "long_factor": [1, 2, 3, 4]}})");
  EXPECT_EQ(config.rope.kind, RopeKind::LongRope);
}

TEST(Families, KindsOfRopeThatAFamilyLacksAreRefused) {
  expectFailure(
      failureOf(R"({"model_type": "phi3", "rope_scaling": {"type": "dynamic", "factor": 2.0}})"),
      StatusCode::Unsupported, {"rope_scaling: rope_type", "'dynamic'"});
  expectFailure(failureOf(R"({"model_type": "llama", "rope_theta": 1.0,
                    "rope_scaling": {"rope_type": "yarn", "factor": 2.0}})"),
                StatusCode::BadInput, {"rope_theta", "more than 1"});
}

TEST(TextPart, IsAModelOfItsFamily) {
  ModelConfig config = read(gemma3WithVision());
  EXPECT_EQ(config.family, Family::Gemma3);
  EXPECT_EQ(config.hiddenSize, 2560);
  EXPECT_EQ(config.layers, 34);
  EXPECT_EQ(config.vocabSize, 262208);
  EXPECT_EQ(config.rope.kind, RopeKind::Linear);
  EXPECT_EQ(config.tensorPrefix, "language_model.");
  EXPECT_THAT(config.leftOutTensors, ElementsAre("vision_tower.", "multi_modal_projector."));
  // Said beside the part, but of it.
  EXPECT_THAT(config.eosTokens, ElementsAre(1, 106));
  EXPECT_EQ(config.storedType, ElementType::BF16);
}

TEST(TextPart, IsCheckedAsAWholeModelIs) {
  Json document = gemma3WithVision();
  document["text_config"]["logit_scale"] = 2;
  expectFailure(failure(document), StatusCode::Unsupported,
                {"config.json: text_config", "'logit_scale'", "family gemma3_text"});
  document = gemma3WithVision();
  document["text_config"].erase("model_type");
  expectFailure(failure(document), StatusCode::BadInput, {"text_config", "model_type"});
  document["text_config"] = 3;
  expectFailure(failure(document), StatusCode::BadInput, {"text_config: expected an object"});
}

TEST(TextPart, QuantizedOrUnknownKeysBesideItAreRefused) {
  Json document = gemma3WithVision();
  document["quantization_config"] = {{"quant_method", "awq"}};
  expectFailure(failure(document), StatusCode::Unsupported, {"quantization method \"awq\""});
  document.erase("quantization_config");
  document["audio_config"] = {{"hidden_size", 8}};
  expectFailure(failure(document), StatusCode::Unsupported,
                {"'audio_config'", "a model of kind gemma3"});
}
