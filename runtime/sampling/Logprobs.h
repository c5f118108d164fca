// How likely a network finds tokens.
#ifndef GRAPHC_RUNTIME_SAMPLING_LOGPROBS_H
#define GRAPHC_RUNTIME_SAMPLING_LOGPROBS_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace graphc {

struct TokenLogprob {
  int32_t token = 0;
  double logprob = 0; ///< Natural logarithm of its probability.

  bool operator==(const TokenLogprob &) const = default;
};

/// A choice, and what else there was to choose.
struct Logprobs {
  TokenLogprob chosen;
  std::vector<TokenLogprob> top; ///< The likeliest tokens, likeliest first; equal ones by id.
};

/// log softmax(logits), summed in double: of `chosen`, and of the `count` likeliest tokens, or all
/// if there are fewer. `logits` are usable (areUsableLogits(), Sampler.h) and those of the network:
/// before biases, penalties and temperature.
Logprobs logprobsOf(std::span<const float> logits, int32_t chosen, size_t count);

} // namespace graphc

#endif // GRAPHC_RUNTIME_SAMPLING_LOGPROBS_H
