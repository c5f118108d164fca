// From logits to the next token.
#ifndef GRAPHC_RUNTIME_SAMPLING_SAMPLER_H
#define GRAPHC_RUNTIME_SAMPLING_SAMPLER_H

#include "runtime/base/Status.h"

#include <cstdint>
#include <span>
#include <vector>

namespace graphc {

/// The stages, in the order they are applied (llama.cpp's): repetition penalty, top-k, top-p,
/// min-p, temperature, choice. The probabilities that top-p and min-p look at are those before the
/// temperature.
struct SamplingOptions {
  /// Logits are divided by it. 0: greedy, the token with the largest logit (the lowest id among
  /// equals); the stages between the penalty and the choice are then skipped.
  float temperature = 0.8f;
  int64_t topK = 40;        ///< Keep the K likeliest tokens; 0: all.
  float topP = 0.95f;       ///< Keep the likeliest tokens that reach this probability; 1: all.
  float minP = 0.05f;       ///< Keep tokens at least this likely relative to the likeliest; 0: all.
  float repeatPenalty = 1;  ///< Tokens seen lately: positive logits divided, others multiplied.
  int64_t repeatLastN = 64; ///< How many tokens back "lately" is, the prompt included.
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
  /// Numeric when the logits are not usable.
  Expected<int32_t> sample(std::span<const float> logits, std::span<const int32_t> history,
                           uint64_t sequence);

private:
  struct Candidate {
    int32_t token;
    float logit;
  };

  void penalize(std::span<const int32_t> history);
  void chooseCandidates();
  void keepTopP();
  void keepMinP();
  int32_t choose(double random) const;

  SamplingOptions options;
  std::vector<float> values;         ///< The logits, penalized.
  std::vector<float> groups;         ///< Their maxima (groupMaxima()).
  std::vector<Candidate> candidates; ///< What the stages leave.
  std::vector<int32_t> recent;
  float largest = 0; ///< The largest of the values.
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_SAMPLING_SAMPLER_H
