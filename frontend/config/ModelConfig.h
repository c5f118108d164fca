// ModelConfig: what config.json says about a network, typed and validated.
//
// This is the only form in which the rest of graphc sees a configuration: every number has passed
// the limits of its field, every derived value (key/value heads, head_dim) is filled in, and every
// key that could change what the network computes has been understood. Readers need not check
// again.
//
//   Expected<ModelConfig> config = readModelConfig("models/tinyllama");
//
// Failures name file, key, found and allowed value:
//   BadInput     a missing, ill-typed or impossible value (exit code 3)
//   Unsupported  an architecture, rope kind, activation, quantization or key that graphc does not
//                know; nothing is ever guessed (exit code 4)
#ifndef GRAPHC_FRONTEND_CONFIG_MODELCONFIG_H
#define GRAPHC_FRONTEND_CONFIG_MODELCONFIG_H

#include "runtime/base/ElementType.h"
#include "runtime/base/Json.h"
#include "runtime/base/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

/// A family shares one set of config keys and one form of decoder block.
enum class Family : uint8_t { Llama };

/// The function between gate and product in the MLP.
enum class HiddenActivation : uint8_t { Silu, GeluTanh, GeluErf, Relu };

/// How rotary frequencies are stretched beyond the trained context; the formulas are in Rope.h.
enum class RopeKind : uint8_t { Default, Linear, Llama3 };

/// The widest head.
inline constexpr int64_t kMaxHeadDim = 4096;

struct RopeConfig {
  RopeKind kind = RopeKind::Default;
  double theta = 10000.0;
  /// Linear, Llama3: by how much the context grows.
  double factor = 1.0;
  /// Llama3 only; highFreqFactor > lowFreqFactor.
  double lowFreqFactor = 1.0;
  double highFreqFactor = 4.0;
  int64_t originalMaxPositions = 0;

  bool operator==(const RopeConfig &) const = default;
};

struct ModelConfig {
  Family family = Family::Llama;

  int64_t vocabSize = 0;
  int64_t hiddenSize = 0;
  int64_t intermediateSize = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  /// Key/value heads: divides `heads`.
  int64_t kvHeads = 0;
  /// Width of a head, even. heads * headDim need not be hiddenSize.
  int64_t headDim = 0;
  /// The context length that the model was made for.
  int64_t maxPositions = 0;
  double normEpsilon = 0;
  HiddenActivation activation = HiddenActivation::Silu;
  /// Biases on q, k, v and o; biases on gate, up and down.
  bool attentionBias = false;
  bool mlpBias = false;
  /// The output head is the embedding matrix; there is no lm_head.
  bool tiedEmbeddings = false;
  RopeConfig rope;

  /// What the file claims its weights are stored as. The weight files have the last word.
  std::optional<ElementType> storedType;
  /// Token ids, each below vocabSize. generation_config.json overrides them: GenerationConfig.h.
  std::optional<int64_t> bosToken;
  std::vector<int64_t> eosTokens;

  /// Keys that were read over because they do not change the network; for `-v`.
  std::vector<std::string> ignoredKeys;

  bool operator==(const ModelConfig &) const = default;
};

/// Reads `path`, a config.json or the folder that holds one.
Expected<ModelConfig> readModelConfig(const std::string &path);

/// The same for a parsed document; `file` names it in messages.
Expected<ModelConfig> parseModelConfig(const Json &document, const std::string &file);

std::string_view familyName(Family family);
std::string_view activationName(HiddenActivation activation);
std::string_view ropeKindName(RopeKind kind);

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_MODELCONFIG_H
