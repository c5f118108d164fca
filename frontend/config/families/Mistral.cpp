// Mistral: Llama with a window that all layers share, or with none.
#include "frontend/config/families/RopeKinds.h"

namespace graphc {

using namespace fields;

static constexpr Row kFields[] = {
    vocabSize("32000"),
    hiddenSize("4096"),
    intermediateSize("14336"),
    layers("32"),
    heads("32"),
    kvHeads("8"),
    headDim(kDerived),
    maxPositions("131072"),
    normEpsilon("1e-6"),
    activation("\"silu\""),
    slidingWindow("4096"),
    layerTypes(),
    tiedEmbeddings("false"),
    bosToken("1"),
    eosTokens("2"),
    storedType(),
};

static constexpr Field<RopeConfig> kTheta[] = {theta("10000.0")};

static constexpr std::string_view kArchitectures[] = {"MistralForCausalLM"};

constexpr FamilySpec kMistralSpec = {
    .family = Family::Mistral,
    .modelType = "mistral",
    .architectures = kArchitectures,
    .fields = kFields,
    .thetaField = kTheta,
    .ropeKinds = kRopeKinds,
    .isSliding = [](const ModelConfig &, int64_t) { return true; }};

} // namespace graphc
