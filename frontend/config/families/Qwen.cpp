// Qwen 2, 2.5 and 3. Windows are as a rule turned off; where they are not, they begin with a layer.
#include "frontend/config/families/RopeKinds.h"

namespace graphc {

using namespace fields;

static constexpr Row kQwen2Fields[] = {
    vocabSize("151936"),
    hiddenSize("4096"),
    intermediateSize("22016"),
    layers("32"),
    heads("32"),
    kvHeads("32"),
    headDim(kDerived),
    maxPositions("32768"),
    normEpsilon("1e-6"),
    activation("\"silu\""),
    slidingWindow("4096"),
    usesSlidingWindow(),
    firstSlidingLayer("28"),
    layerTypes(),
    tiedEmbeddings("false"),
    bosToken(kDerived),
    eosTokens(kDerived),
    storedType(),
};

static constexpr Row kQwen3Fields[] = {
    vocabSize("151936"),
    hiddenSize("4096"),
    intermediateSize("22016"),
    layers("32"),
    heads("32"),
    kvHeads("32"),
    headDim("128"),
    maxPositions("32768"),
    normEpsilon("1e-6"),
    activation("\"silu\""),
    attentionBias(),
    slidingWindow("4096"),
    usesSlidingWindow(),
    firstSlidingLayer("28"),
    layerTypes(),
    tiedEmbeddings("false"),
    bosToken(kDerived),
    eosTokens(kDerived),
    storedType(),
};

static constexpr Field<RopeConfig> kTheta[] = {theta("10000.0")};

static constexpr std::string_view kQwen2Architectures[] = {"Qwen2ForCausalLM"};
static constexpr std::string_view kQwen3Architectures[] = {"Qwen3ForCausalLM"};

static constexpr InertKey kInertKeys[] = {{"partial_rotary_factor", "1.0"}};

static bool isSliding(const ModelConfig &config, int64_t layer) {
  return layer >= config.firstSlidingLayer;
}

constexpr FamilySpec kQwen2Spec = {.family = Family::Qwen2,
                                   .form = {.qkvBias = true},
                                   .modelType = "qwen2",
                                   .architectures = kQwen2Architectures,
                                   .fields = kQwen2Fields,
                                   .thetaField = kTheta,
                                   .ropeKinds = kRopeKinds,
                                   .inertKeys = kInertKeys,
                                   .isSliding = isSliding};

constexpr FamilySpec kQwen3Spec = {.family = Family::Qwen3,
                                   .form = {.queryKeyNorm = true},
                                   .modelType = "qwen3",
                                   .architectures = kQwen3Architectures,
                                   .fields = kQwen3Fields,
                                   .thetaField = kTheta,
                                   .ropeKinds = kRopeKinds,
                                   .inertKeys = kInertKeys,
                                   .isSliding = isSliding};

} // namespace graphc
