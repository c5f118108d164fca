// Llama 1, 2, 3, 3.1 and 3.2.
#include "frontend/config/families/RopeKinds.h"

namespace graphc {

using namespace fields;

static constexpr Row kFields[] = {
    vocabSize("32000"),
    hiddenSize("4096"),
    intermediateSize("11008"),
    layers("32"),
    heads("32"),
    kvHeads(kDerived),
    headDim(kDerived),
    maxPositions("2048"),
    normEpsilon("1e-6"),
    activation("\"silu\""),
    attentionBias(),
    {"mlp_bias", &ModelConfig::mlpBias, {}, "false"},
    tiedEmbeddings("false"),
    bosToken("1"),
    eosTokens("2"),
    storedType(),
};

static constexpr Field<RopeConfig> kTheta[] = {theta("10000.0")};

static constexpr std::string_view kArchitectures[] = {"LlamaForCausalLM", "LLaMAForCausalLM"};

/// pretraining_tp only splits a product into slices that are summed up again.
static constexpr std::string_view kNeutralKeys[] = {"pretraining_tp", "max_sequence_length"};

static constexpr InertKey kInertKeys[] = {{"partial_rotary_factor", "1.0"}};

constexpr FamilySpec kLlamaSpec = {.family = Family::Llama,
                                   .modelType = "llama",
                                   .architectures = kArchitectures,
                                   .fields = kFields,
                                   .thetaField = kTheta,
                                   .ropeKinds = kRopeKinds,
                                   .neutralKeys = kNeutralKeys,
                                   .inertKeys = kInertKeys};

} // namespace graphc
