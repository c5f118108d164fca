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
    slidingWindow(kDerived),
    layerTypes(),
    tiedEmbeddings("false"),
    bosToken("1"),
    eosTokens("32000"),
    storedType(),
};

static constexpr Field<RopeConfig> kTheta[] = {theta("10000.0")};
static constexpr Row kRotary[] = {rotaryFactor("1.0")};

static constexpr std::string_view kArchitectures[] = {"Phi3ForCausalLM"};

/// Of the authors' own code, which this configuration does not make use of.
static constexpr InertKey kInertKeys[] = {{"full_attn_mod", "1"}, {"interpolate_factor", "1"}};

/// The first checkpoints called longrope `su`, or `yarn`, which it is not.
static constexpr RopeKindSpec kKinds[] = {
    {"default", RopeKind::Default, {}},
    {"longrope", RopeKind::LongRope, kRopeLong},
    {"su", RopeKind::LongRope, kRopeLong},
    {"yarn", RopeKind::LongRope, kRopeLong},
};

constexpr FamilySpec kPhi3Spec = {
    .family = Family::Phi3,
    .names = {.qkv = "self_attn.qkv_proj", .gateUp = "mlp.gate_up_proj"},
    .modelType = "phi3",
    .architectures = kArchitectures,
    .fields = kFields,
    .thetaField = kTheta,
    .rotaryField = kRotary,
    .ropeKinds = kKinds,
    .inertKeys = kInertKeys,
    .isSliding = [](const ModelConfig &, int64_t) { return true; }};

} // namespace graphc
