// A tiny network of each family, with what makes it one: windows that fill up, few key heads,
// widths that are no multiple of a vector.
#ifndef GRAPHC_TESTS_UNIT_PASSES_FAMILYCONFIGS_H
#define GRAPHC_TESTS_UNIT_PASSES_FAMILYCONFIGS_H

#include "frontend/config/ModelConfig.h"

#include <gtest/gtest.h>

namespace graphc {

struct FamilyCase {
  const char *name;
  /// Keys beside those of tinyFamily().
  const char *keys;
};

inline constexpr FamilyCase kFamilyCases[] = {
    {"llama", R"({"model_type": "llama", "attention_bias": true, "mlp_bias": true})"},
    {"mistral", R"({"model_type": "mistral", "sliding_window": 3})"},
    {"qwen2", R"({"model_type": "qwen2", "tie_word_embeddings": true})"},
    {"qwen2_windows", R"({"model_type": "qwen2", "use_sliding_window": true, "sliding_window": 3,
                          "max_window_layers": 1})"},
    {"qwen3", R"({"model_type": "qwen3"})"},
    {"gemma", R"({"model_type": "gemma"})"},
    {"gemma2", R"({"model_type": "gemma2", "sliding_window": 3, "query_pre_attn_scalar": 7})"},
    {"gemma3", R"({"model_type": "gemma3_text", "sliding_window": 3, "sliding_window_pattern": 3,
                   "rope_scaling": {"rope_type": "linear", "factor": 8.0}})"},
    {"phi2", R"({"model_type": "phi", "num_key_value_heads": null})"},
    {"phi3", R"({"model_type": "phi3"})"},
    {"phi3_long", R"({"model_type": "phi3", "partial_rotary_factor": 0.5,
                      "original_max_position_embeddings": 16, "rope_scaling": {"type": "longrope",
                      "short_factor": [1, 1.5], "long_factor": [1, 4]}})"},
};

inline ModelConfig tinyFamily(const FamilyCase &family) {
  Json document = {{"vocab_size", 67},
                   {"hidden_size", 24},
                   {"intermediate_size", 27},
                   {"num_hidden_layers", 3},
                   {"num_attention_heads", 4},
                   {"num_key_value_heads", 2},
                   {"head_dim", 8},
                   {"max_position_embeddings", 32},
                   {"bos_token_id", nullptr},
                   {"eos_token_id", nullptr}};
  document.update(Json::parse(family.keys));
  Expected<ModelConfig> config = parseModelConfig(document, family.name);
  EXPECT_TRUE(config.ok()) << config.status().message();
  return config.ok() ? *config : ModelConfig();
}

inline std::string testName(const testing::TestParamInfo<FamilyCase> &info) {
  return info.param.name;
}

} // namespace graphc

#endif // GRAPHC_TESTS_UNIT_PASSES_FAMILYCONFIGS_H
