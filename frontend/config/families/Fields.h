// Rows of field tables that families share; they differ in the defaults. Limits are far beyond any
// published model and keep every product of sizes below 2^63.
#ifndef GRAPHC_FRONTEND_CONFIG_FAMILIES_FIELDS_H
#define GRAPHC_FRONTEND_CONFIG_FAMILIES_FIELDS_H

#include "frontend/config/Families.h"

namespace graphc::fields {

inline constexpr double kMaxVocabulary = 1 << 24;
inline constexpr double kMaxWidth = 1 << 20;
inline constexpr double kMaxInnerWidth = 1 << 22;
inline constexpr double kMaxLayers = 10000;
inline constexpr double kMaxHeads = 1 << 16;
inline constexpr double kMaxPositions = 1 << 28;
inline constexpr double kMaxTheta = 1e15;
inline constexpr double kMaxRopeFactor = 1e6;

using Row = Field<ModelConfig>;
using Text = std::string_view;

constexpr Row vocabSize(Text fallback) {
  return {"vocab_size", &ModelConfig::vocabSize, {1, kMaxVocabulary}, fallback};
}
constexpr Row hiddenSize(Text fallback) {
  return {"hidden_size", &ModelConfig::hiddenSize, {1, kMaxWidth}, fallback};
}
constexpr Row intermediateSize(Text fallback) {
  return {"intermediate_size", &ModelConfig::intermediateSize, {1, kMaxInnerWidth}, fallback};
}
constexpr Row layers(Text fallback) {
  return {"num_hidden_layers", &ModelConfig::layers, {1, kMaxLayers}, fallback};
}
constexpr Row heads(Text fallback) {
  return {"num_attention_heads", &ModelConfig::heads, {1, kMaxHeads}, fallback};
}
constexpr Row kvHeads(Text fallback) {
  return {"num_key_value_heads", &ModelConfig::kvHeads, {1, kMaxHeads}, fallback};
}
constexpr Row headDim(Text fallback) {
  return {"head_dim", &ModelConfig::headDim, {2, kMaxHeadDim}, fallback};
}
constexpr Row maxPositions(Text fallback) {
  return {"max_position_embeddings", &ModelConfig::maxPositions, {1, kMaxPositions}, fallback};
}
constexpr Row normEpsilon(Text fallback, Text key = "rms_norm_eps") {
  return {key, &ModelConfig::normEpsilon, {1e-30, 1}, fallback};
}
constexpr Row activation(Text fallback) {
  return {"hidden_act", &ModelConfig::activation, {}, fallback};
}
constexpr Row attentionBias() {
  return {"attention_bias", &ModelConfig::attentionBias, {}, "false"};
}
constexpr Row tiedEmbeddings(Text fallback) {
  return {"tie_word_embeddings", &ModelConfig::tiedEmbeddings, {}, fallback};
}
constexpr Row bosToken(Text fallback) {
  return {"bos_token_id", &ModelConfig::bosToken, {0, kMaxVocabulary - 1}, fallback};
}
constexpr Row eosTokens(Text fallback) {
  return {"eos_token_id", &ModelConfig::eosTokens, {0, kMaxVocabulary - 1}, fallback};
}
constexpr Row storedType() {
  return {"dtype", &ModelConfig::storedType, {}, kDerived, "torch_dtype"};
}
constexpr Row slidingWindow(Text fallback) {
  return {"sliding_window", &ModelConfig::slidingWindow, {1, kMaxPositions}, fallback};
}
constexpr Row usesSlidingWindow() {
  return {"use_sliding_window", &ModelConfig::usesSlidingWindow, {}, "false"};
}
constexpr Row firstSlidingLayer(Text fallback) {
  return {"max_window_layers", &ModelConfig::firstSlidingLayer, {0, kMaxLayers}, fallback};
}
constexpr Row layerTypes() { return {"layer_types", &ModelConfig::layerTypes, {}, kDerived}; }

/// For FamilySpec::rotaryField.
constexpr Row rotaryFactor(Text fallback) {
  return {"partial_rotary_factor", &ModelConfig::rotaryFactor, {1e-3, 1}, fallback};
}

/// `rope_theta`, or the same under another key.
constexpr Field<RopeConfig> theta(Text fallback, Text key = "rope_theta") {
  return {key, &RopeConfig::theta, {1, kMaxTheta}, fallback};
}

} // namespace graphc::fields

#endif // GRAPHC_FRONTEND_CONFIG_FAMILIES_FIELDS_H
