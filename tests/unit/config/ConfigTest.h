// Configurations for the tests: a valid one, and ways to change a key of it.
#ifndef GRAPHC_TESTS_UNIT_CONFIG_CONFIGTEST_H
#define GRAPHC_TESTS_UNIT_CONFIG_CONFIGTEST_H

#include "frontend/config/ModelConfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace graphc::test {

/// Llama-3.2-1B's config.json, as published.
inline Json llama32() {
  return Json::parse(R"({
    "architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
    "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128009], "head_dim": 64,
    "hidden_act": "silu", "hidden_size": 2048, "initializer_range": 0.02,
    "intermediate_size": 8192, "max_position_embeddings": 131072, "mlp_bias": false,
    "model_type": "llama", "num_attention_heads": 32, "num_hidden_layers": 16,
    "num_key_value_heads": 8, "pretraining_tp": 1, "rms_norm_eps": 1e-05,
    "rope_scaling": {"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
                     "original_max_position_embeddings": 8192, "rope_type": "llama3"},
    "rope_theta": 500000.0, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
    "transformers_version": "4.45.0.dev0", "use_cache": true, "vocab_size": 128256})");
}

/// gemma-3-4b-it's, with less said of what it sees with.
inline Json gemma3WithVision() {
  return Json::parse(R"({
    "architectures": ["Gemma3ForConditionalGeneration"], "boi_token_index": 255999,
    "eoi_token_index": 256000, "eos_token_id": [1, 106], "image_token_index": 262144,
    "initializer_range": 0.02, "mm_tokens_per_image": 256, "model_type": "gemma3",
    "text_config": {"hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text",
                    "num_hidden_layers": 34, "sliding_window": 1024,
                    "rope_scaling": {"factor": 8.0, "rope_type": "linear"}},
    "torch_dtype": "bfloat16", "transformers_version": "4.50.0.dev0",
    "vision_config": {"hidden_size": 1152, "model_type": "siglip_vision_model"}})");
}

/// What Phi-3 says of itself, with a head of few pairs and both keys of a rotation in part.
inline Json phi3WithLongRope() {
  return Json::parse(R"({
    "model_type": "phi3", "hidden_size": 128, "num_attention_heads": 8, "num_hidden_layers": 2,
    "partial_rotary_factor": 0.5, "original_max_position_embeddings": 4096,
    "max_position_embeddings": 131072, "sliding_window": 2047,
    "layer_types": ["sliding_attention", "full_attention"],
    "rope_parameters": {"rope_type": "longrope", "partial_rotary_factor": 0.5,
                        "short_factor": [1, 1.25, 1.5, 2], "long_factor": [1, 2, 4, 8]}})");
}

/// What Qwen 2.5 says for long contexts.
inline Json qwen2WithYarn() {
  return Json::parse(R"({
    "model_type": "qwen2", "num_hidden_layers": 4, "use_sliding_window": true,
    "sliding_window": 16, "max_window_layers": 2, "rope_theta": 1000000.0,
    "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768,
                     "beta_fast": 32, "beta_slow": 1, "mscale": 1.0, "mscale_all_dim": 0.5}})");
}

/// llama32() with one key replaced (JSON text), or removed for an empty text.
inline Json with(const std::string &key, const std::string &value, Json document = llama32()) {
  if (value.empty())
    document.erase(key);
  else
    document[key] = Json::parse(value);
  return document;
}

/// The failure that a document meets; OK when there is none.
inline Status failure(const Json &document) {
  return parseModelConfig(document, "config.json").status();
}

/// Expects a failure of a kind whose message has all of `parts`.
inline void expectFailure(const Status &status, StatusCode code,
                          const std::vector<std::string> &parts) {
  EXPECT_EQ(status.code(), code) << status.message();
  for (const std::string &part : parts)
    EXPECT_THAT(status.message(), testing::HasSubstr(part));
}

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CONFIG_CONFIGTEST_H
