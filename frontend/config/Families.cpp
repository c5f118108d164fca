// The tables. Defaults are those of the reference implementation (transformers); limits are far
// beyond any published model and keep every product of sizes below 2^63.
#include "frontend/config/Families.h"

namespace graphc {

static constexpr double kMaxVocabulary = 1 << 24;
static constexpr double kMaxWidth = 1 << 20;
static constexpr double kMaxInnerWidth = 1 << 22;
static constexpr double kMaxLayers = 10000;
static constexpr double kMaxHeads = 1 << 16;
static constexpr double kMaxPositions = 1 << 28;
static constexpr double kMaxTheta = 1e15;
static constexpr double kMaxRopeFactor = 1e6;

static constexpr Field<ModelConfig> kLlamaFields[] = {
    {"vocab_size", &ModelConfig::vocabSize, {1, kMaxVocabulary}, "32000"},
    {"hidden_size", &ModelConfig::hiddenSize, {1, kMaxWidth}, "4096"},
    {"intermediate_size", &ModelConfig::intermediateSize, {1, kMaxInnerWidth}, "11008"},
    {"num_hidden_layers", &ModelConfig::layers, {1, kMaxLayers}, "32"},
    {"num_attention_heads", &ModelConfig::heads, {1, kMaxHeads}, "32"},
    {"num_key_value_heads", &ModelConfig::kvHeads, {1, kMaxHeads}, kDerived},
    {"head_dim", &ModelConfig::headDim, {2, kMaxHeadDim}, kDerived},
    {"max_position_embeddings", &ModelConfig::maxPositions, {1, kMaxPositions}, "2048"},
    {"rms_norm_eps", &ModelConfig::normEpsilon, {1e-30, 1}, "1e-6"},
    {"hidden_act", &ModelConfig::activation, {}, "\"silu\""},
    {"attention_bias", &ModelConfig::attentionBias, {}, "false"},
    {"mlp_bias", &ModelConfig::mlpBias, {}, "false"},
    {"tie_word_embeddings", &ModelConfig::tiedEmbeddings, {}, "false"},
    {"bos_token_id", &ModelConfig::bosToken, {0, kMaxVocabulary - 1}, "1"},
    {"eos_token_id", &ModelConfig::eosTokens, {0, kMaxVocabulary - 1}, "2"},
    {"dtype", &ModelConfig::storedType, {}, kDerived, "torch_dtype"},
};

static constexpr Field<RopeConfig> kLinearFields[] = {
    {"factor", &RopeConfig::factor, {1, kMaxRopeFactor}, kRequired},
};

static constexpr Field<RopeConfig> kLlama3Fields[] = {
    {"factor", &RopeConfig::factor, {1, kMaxRopeFactor}, kRequired},
    {"low_freq_factor", &RopeConfig::lowFreqFactor, {1e-6, 1e6}, kRequired},
    {"high_freq_factor", &RopeConfig::highFreqFactor, {1e-6, 1e6}, kRequired},
    {"original_max_position_embeddings",
     &RopeConfig::originalMaxPositions,
     {1, kMaxPositions},
     kRequired},
};

static constexpr Field<RopeConfig> kThetaField[] = {
    {"rope_theta", &RopeConfig::theta, {1, kMaxTheta}, "10000.0"},
};

static constexpr RopeKindSpec kLlamaRopeKinds[] = {
    {"default", RopeKind::Default, {}},
    {"linear", RopeKind::Linear, kLinearFields},
    {"llama3", RopeKind::Llama3, kLlama3Fields},
};

static constexpr std::string_view kLlamaArchitectures[] = {"LlamaForCausalLM", "LLaMAForCausalLM"};

/// pretraining_tp only splits a product into slices that are summed up again.
static constexpr std::string_view kLlamaNeutralKeys[] = {"pretraining_tp", "max_sequence_length"};

static constexpr InertKey kLlamaInertKeys[] = {{"partial_rotary_factor", "1.0"}};

static constexpr FamilySpec kFamilies[] = {
    {Family::Llama, "llama", kLlamaArchitectures, kLlamaFields, kThetaField, kLlamaRopeKinds,
     kLlamaNeutralKeys, kLlamaInertKeys},
};

std::span<const FamilySpec> families() { return kFamilies; }

} // namespace graphc
