// Phi-3, 3.5 and 4-mini: one tensor for q, k and v and one for gate and up, longrope, and perhaps
// a part of each head that is not rotated.
#include "frontend/config/families/RopeKinds.h"

namespace graphc {

using namespace fields;

static constexpr Row kFields[] = {
    vocabSize("32064"),
    hiddenSize("3072"),
    intermediateSize("8192"),
    layers("32"),
    heads("32"),
    kvHeads(kDerived),
    headDim(kDerived),
    maxPositions("4096"),
    {"original_max_position_embeddings",
     &ModelConfig::originalMaxPositions,
     {2, kMaxPositions},
     "4096"},
    normEpsilon("1e-5"),
    activation("\"silu\""),
    {"partial_rotary_factor", &ModelConfig::rotaryFactor, {1e-3, 1}, "1.0"},
    slidingWindow(kDerived),
    layerTypes(),
    tiedEmbeddings("false"),
    bosToken("1"),
    eosTokens("32000"),
    storedType(),
};

static constexpr Field<RopeConfig> kTheta[] = {theta("10000.0")};

static constexpr std::string_view kArchitectures[] = {"Phi3ForCausalLM"};

static constexpr InertKey kInertKeys[] = {{"attention_bias", "false"}, {"mlp_bias", "false"}};

constexpr FamilySpec kPhi3Spec = {.family = Family::Phi3,
                                  .modelType = "phi3",
                                  .architectures = kArchitectures,
                                  .fields = kFields,
                                  .thetaField = kTheta,
                                  .ropeKinds = kLongRopeKinds,
                                  .inertKeys = kInertKeys,
                                  .isSliding = [](const ModelConfig &, int64_t) { return true; }};

} // namespace graphc
