// Phi-1, 1.5 and 2: LayerNorm, attention and MLP side by side behind one norm, biases everywhere,
// an MLP without a gate, and a part of each head that is not rotated.
#include "frontend/config/families/RopeKinds.h"

namespace graphc {

using namespace fields;

static constexpr Row kFields[] = {
    vocabSize("51200"),
    hiddenSize("2048"),
    intermediateSize("8192"),
    layers("24"),
    heads("32"),
    kvHeads(kDerived),
    headDim(kDerived),
    maxPositions("2048"),
    normEpsilon("1e-5", "layer_norm_eps"),
    activation("\"gelu_new\""),
    tiedEmbeddings("false"),
    bosToken("1"),
    eosTokens("2"),
    storedType(),
};

static constexpr Field<RopeConfig> kTheta[] = {theta("10000.0")};
static constexpr Row kRotary[] = {rotaryFactor("0.5")};

static constexpr std::string_view kArchitectures[] = {"PhiForCausalLM"};

constexpr FamilySpec kPhiSpec = {
    .family = Family::Phi,
    .form = {.norm = NormKind::Layer, .parallel = true, .gatedMlp = false, .allBiases = true},
    .names = {.finalNorm = "model.final_layernorm",
              .o = "self_attn.dense",
              .up = "mlp.fc1",
              .down = "mlp.fc2"},
    .modelType = "phi",
    .architectures = kArchitectures,
    .fields = kFields,
    .thetaField = kTheta,
    .rotaryField = kRotary,
    .ropeKinds = kRopeKinds};

} // namespace graphc
