// Gemma 1, 2 and 3 (text): norms of 1 + w, scaled embeddings; 2 adds soft caps, norms behind the
// blocks and windows in turns; 3 has norms of queries and keys instead of caps, and two rope bases.
#include "frontend/config/families/RopeKinds.h"

namespace graphc {

using namespace fields;

/// Gemma 1 was trained with the tanh form whatever its `hidden_act` said.
constexpr Row gemmaActivation() {
  return {"hidden_activation", &ModelConfig::activation, {}, "\"gelu_pytorch_tanh\""};
}
constexpr Row queryPreAttentionScalar() {
  return {"query_pre_attn_scalar", &ModelConfig::queryPreAttentionScalar, {1e-6, 1e6}, "256"};
}
constexpr Row attentionSoftCap(Text fallback) {
  return {"attn_logit_softcapping", &ModelConfig::attentionSoftCap, {1e-3, 1e6}, fallback};
}
constexpr Row logitSoftCap(Text fallback) {
  return {"final_logit_softcapping", &ModelConfig::logitSoftCap, {1e-3, 1e6}, fallback};
}

static constexpr Row kGemmaFields[] = {
    vocabSize("256000"), hiddenSize("3072"),   intermediateSize("24576"),
    layers("28"),        heads("16"),          kvHeads("16"),
    headDim("256"),      maxPositions("8192"), normEpsilon("1e-6"),
    gemmaActivation(),   attentionBias(),      tiedEmbeddings("true"),
    bosToken("2"),       eosTokens("1"),       storedType(),
};

static constexpr Row kGemma2Fields[] = {
    vocabSize("256000"),
    hiddenSize("2304"),
    intermediateSize("9216"),
    layers("26"),
    heads("8"),
    kvHeads("4"),
    headDim("256"),
    maxPositions("8192"),
    normEpsilon("1e-6"),
    gemmaActivation(),
    attentionBias(),
    queryPreAttentionScalar(),
    attentionSoftCap("50.0"),
    logitSoftCap("30.0"),
    slidingWindow("4096"),
    layerTypes(),
    tiedEmbeddings("true"),
    bosToken("2"),
    eosTokens("1"),
    storedType(),
};

static constexpr Row kGemma3Fields[] = {
    vocabSize("262208"),
    hiddenSize("2304"),
    intermediateSize("9216"),
    layers("26"),
    heads("8"),
    kvHeads("4"),
    headDim("256"),
    maxPositions("131072"),
    normEpsilon("1e-6"),
    gemmaActivation(),
    attentionBias(),
    queryPreAttentionScalar(),
    attentionSoftCap(kDerived),
    logitSoftCap(kDerived),
    slidingWindow("4096"),
    {"sliding_window_pattern",
     &ModelConfig::slidingPattern,
     {1, kMaxLayers},
     "6",
     "_sliding_window_pattern"},
    layerTypes(),
    tiedEmbeddings("true"),
    bosToken("2"),
    eosTokens("1"),
    storedType(),
};

static constexpr Field<RopeConfig> kTheta[] = {theta("10000.0")};
static constexpr Field<RopeConfig> kGemma3Theta[] = {theta("1000000.0")};
static constexpr Field<RopeConfig> kLocalTheta[] = {theta("10000.0", "rope_local_base_freq")};

static constexpr std::string_view kGemmaArchitectures[] = {"GemmaForCausalLM"};
static constexpr std::string_view kGemma2Architectures[] = {"Gemma2ForCausalLM"};
static constexpr std::string_view kGemma3Architectures[] = {"Gemma3ForCausalLM"};

/// The kind of cache is a matter of how a library runs the network.
static constexpr std::string_view kNeutralKeys[] = {"cache_implementation", "sliding_window_size"};

/// hidden_activation has taken the place of hidden_act, which in old files names the other form.
static constexpr InertKey kInertKeys[] = {
    {"hidden_act", "\"gelu\""},
    {"hidden_act", "\"gelu_pytorch_tanh\""},
};

static constexpr TensorNames kNamesWithPostNorms = {
    .attentionPostNorm = "post_attention_layernorm",
    .mlpNorm = "pre_feedforward_layernorm",
    .mlpPostNorm = "post_feedforward_layernorm",
};

constexpr FamilySpec kGemmaSpec = {.family = Family::Gemma,
                                   .form = {.normOffset = 1, .scaledEmbedding = true},
                                   .modelType = "gemma",
                                   .architectures = kGemmaArchitectures,
                                   .fields = kGemmaFields,
                                   .thetaField = kTheta,
                                   .ropeKinds = kRopeKinds,
                                   .neutralKeys = kNeutralKeys,
                                   .inertKeys = kInertKeys};

constexpr FamilySpec kGemma2Spec = {
    .family = Family::Gemma2,
    .form = {.normOffset = 1, .postNorms = true, .scaledEmbedding = true},
    .names = kNamesWithPostNorms,
    .modelType = "gemma2",
    .architectures = kGemma2Architectures,
    .fields = kGemma2Fields,
    .thetaField = kTheta,
    .ropeKinds = kRopeKinds,
    .neutralKeys = kNeutralKeys,
    .inertKeys = kInertKeys,
    .isSliding = [](const ModelConfig &, int64_t layer) { return layer % 2 == 0; }};

constexpr FamilySpec kGemma3Spec = {
    .family = Family::Gemma3,
    .form = {.normOffset = 1, .queryKeyNorm = true, .postNorms = true, .scaledEmbedding = true},
    .names = kNamesWithPostNorms,
    .modelType = "gemma3_text",
    .architectures = kGemma3Architectures,
    .fields = kGemma3Fields,
    .thetaField = kGemma3Theta,
    .ropeKinds = kRopeKinds,
    .neutralKeys = kNeutralKeys,
    .inertKeys = kInertKeys,
    .slidingThetaField = kLocalTheta,
    .isSliding = [](const ModelConfig &config, int64_t layer) {
      return (layer + 1) % config.slidingPattern != 0;
    }};

} // namespace graphc
