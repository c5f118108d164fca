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
enum class Family : uint8_t { Llama, Mistral, Qwen2, Qwen3, Gemma, Gemma2, Gemma3, Phi, Phi3 };

/// The function between gate and product in the MLP.
enum class HiddenActivation : uint8_t { Silu, GeluTanh, GeluErf, Relu };

enum class NormKind : uint8_t { Rms, Layer };

/// Which tokens those of a layer see: all before them, or a window of the last ones.
enum class LayerAttention : uint8_t { Full, Sliding };

/// How rotary frequencies are stretched beyond the trained context; the formulas are in Rope.h.
enum class RopeKind : uint8_t { Default, Linear, Dynamic, Yarn, Llama3, LongRope };

/// The widest head.
inline constexpr int64_t kMaxHeadDim = 4096;

/// How a family puts its blocks together. No key says so: it is what makes a family.
struct BlockForm {
  NormKind norm = NormKind::Rms;
  /// Added to the weight of every norm.
  double normOffset = 0;
  /// Norms of each head's queries and keys; norms behind attention and MLP.
  bool queryKeyNorm = false;
  bool postNorms = false;
  /// The MLP reads what attention reads, and has no norm of its own.
  bool parallel = false;
  /// down(act(gate) * up); otherwise down(act(up)).
  bool gatedMlp = true;
  /// Biases on q, k and v, whatever attention_bias says; on every linear, the head included.
  bool qkvBias = false;
  bool allBiases = false;
  /// Embeddings are multiplied with the root of hiddenSize.
  bool scaledEmbedding = false;

  bool operator==(const BlockForm &) const = default;
};

struct RopeConfig {
  RopeKind kind = RopeKind::Default;
  double theta = 10000.0;
  /// By how much the context grows; LongRope goes by the two contexts where it knows them.
  double factor = 1.0;
  /// Llama3 only; highFreqFactor > lowFreqFactor.
  double lowFreqFactor = 1.0;
  double highFreqFactor = 4.0;
  /// The context before it grew; 0: the file does not say.
  int64_t originalMaxPositions = 0;
  /// Yarn only: rotations in that context above which a pair is kept, and below which it is
  /// stretched.
  double betaFast = 32.0;
  double betaSlow = 1.0;
  bool truncatesBounds = true;
  /// Yarn, LongRope: what cosines and sines are multiplied with, instead of what follows from the
  /// factor (and, of Yarn, from the two scales).
  std::optional<double> attentionFactor = {};
  std::optional<double> mscale = {};
  std::optional<double> mscaleAllDim = {};
  /// LongRope only: divisors of each pair's frequency, within the original context and beyond.
  std::vector<double> shortFactor = {};
  std::vector<double> longFactor = {};

  bool operator==(const RopeConfig &) const = default;
};

struct ModelConfig {
  Family family = Family::Llama;
  BlockForm form;

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
  /// That before it grew, where the file says so outside of the rope's keys; else 0.
  int64_t originalMaxPositions = 0;
  double normEpsilon = 0;
  HiddenActivation activation = HiddenActivation::Silu;
  /// Biases on q, k, v and o; biases on gate, up and down.
  bool attentionBias = false;
  bool mlpBias = false;
  /// Scores are divided by the root of this; 0: of headDim.
  double queryPreAttentionScalar = 0;
  /// Bounds of the scores and of the logits: cap * tanh(x / cap).
  std::optional<double> attentionSoftCap;
  std::optional<double> logitSoftCap;
  /// The output head is the embedding matrix; there is no lm_head.
  bool tiedEmbeddings = false;
  RopeConfig rope;
  /// Part of a head's numbers that is rotated; rotaryDim() of them.
  double rotaryFactor = 1;
  /// Of sliding layers, where they have their own.
  std::optional<RopeConfig> slidingRope;
  /// Tokens that sliding layers see, their own included; none: no layer slides.
  std::optional<int64_t> slidingWindow;
  /// As many as there are layers; empty: all are full.
  std::vector<LayerAttention> layerTypes;
  /// What the file says of windows instead of layerTypes (see the family's description).
  bool usesSlidingWindow = true;
  int64_t firstSlidingLayer = 0;
  int64_t slidingPattern = 0;

  /// What the file claims its weights are stored as. The weight files have the last word.
  std::optional<ElementType> storedType;
  /// Token ids, each below vocabSize. generation_config.json overrides them: GenerationConfig.h.
  std::optional<int64_t> bosToken;
  std::vector<int64_t> eosTokens;

  /// Of a model that takes more than text (TextPart.h): what the names of the text part's tensors
  /// begin with, and those of the parts that are left out.
  std::string tensorPrefix;
  std::vector<std::string> leftOutTensors;

  /// Keys that were read over because they do not change the network; for `-v`.
  std::vector<std::string> ignoredKeys;

  int64_t rotaryDim() const;
  LayerAttention attentionOf(int64_t layer) const {
    return layerTypes.empty() ? LayerAttention::Full : layerTypes[static_cast<size_t>(layer)];
  }

  bool operator==(const ModelConfig &) const = default;
};

/// Reads `path`, a config.json or the folder that holds one.
Expected<ModelConfig> readModelConfig(const std::string &path);

/// The same for a parsed document; `file` names it in messages.
Expected<ModelConfig> parseModelConfig(const Json &document, const std::string &file);

std::string_view familyName(Family family);

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_MODELCONFIG_H
