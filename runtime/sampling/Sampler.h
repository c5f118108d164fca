// From logits to the next token.
#ifndef GRAPHC_RUNTIME_SAMPLING_SAMPLER_H
#define GRAPHC_RUNTIME_SAMPLING_SAMPLER_H

#include "runtime/base/Status.h"

#include <cstdint>
#include <span>
#include <vector>

namespace graphc {

/// What is added to a token's logit.
struct LogitBias {
  int32_t token = 0;
  float bias = 0; ///< -infinity: the token is never chosen.

  bool operator==(const LogitBias &) const = default;
};

/// The stages, in the order they are applied (llama.cpp's): biases, penalties, top-k, top-p, min-p,
/// temperature, choice. The probabilities that top-p and min-p look at are those before the
/// temperature.
///
/// Of a token that occurs `count` > 0 times among the last repeatLastN tokens, the prompt included,
/// the logit l becomes
///
///   (l > 0 ? l / repeatPenalty : l * repeatPenalty) - count * frequencyPenalty - presencePenalty
struct SamplingOptions {
  /// Logits are divided by it. 0: greedy, the token with the largest logit (the lowest id among
  /// equals); the stages between the penalties and the choice are then skipped.
  float temperature = 0.8f;
  int64_t topK = 40;  ///< Keep the K likeliest tokens; 0: all.
  float topP = 0.95f; ///< Keep the likeliest tokens that reach this probability; 1: all.
  float minP = 0.05f; ///< Keep tokens at least this likely relative to the likeliest; 0: all.
  float repeatPenalty = 1;
  float presencePenalty = 0;
  float frequencyPenalty = 0;
  int64_t repeatLastN = 64;              ///< 0: no penalties.
  std::vector<LogitBias> logitBias = {}; ///< Of a token named twice, both are added.
  uint64_t seed = 0;

  /// Usage, naming the value, when one is out of its range or not a number.
  Status validate() const;
};

/// Which random number a choice takes. Numbers depend on nothing else: neither on other sequences
/// in the batch nor on what was drawn before.
struct RandomKey {
  uint64_t seed = 0;
  uint64_t sequence = 0;
  uint64_t position = 0; ///< Of the token to be chosen, in its sequence.
};

/// A number in [0, 1), the same for the same key on every machine.
double uniformRandom(const RandomKey &key);

/// Whether a token can be chosen by these logits: none is NaN or +inf, and not all are -inf.
bool areUsableLogits(std::span<const float> logits);

/// Chooses tokens. Keeps buffers between calls, so one object per thread; the choice itself depends
/// only on the arguments.
class Sampler {
public:
  explicit Sampler(const SamplingOptions &options) : options(options) {}

  /// The token that follows `history` (prompt and generated tokens) in sequence number `sequence`.
  /// Numeric when the logits are not usable, Usage when the biases leave no token. Biases and
  /// history of tokens that there are no logits for change nothing.
  Expected<int32_t> sample(std::span<const float> logits, std::span<const int32_t> history,
                           uint64_t sequence);

private:
  struct Candidate {
    int32_t token;
    float logit;
  };

  void addBiases();
  void penalize(std::span<const int32_t> history);
  void chooseCandidates();
  void keepTopP();
  void keepMinP();
  int32_t choose(double random) const;

  SamplingOptions options;
  std::vector<float> values;         ///< The logits, with biases and penalties.
  std::vector<float> groups;         ///< Their maxima (groupMaxima()).
  std::vector<Candidate> candidates; ///< What the stages leave.
  std::vector<int32_t> recent;
  float largest = 0; ///< The largest of the values.
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_SAMPLING_SAMPLER_H
