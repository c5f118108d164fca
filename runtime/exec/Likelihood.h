// How likely a network finds a text: negative log likelihood and perplexity.
#ifndef GRAPHC_RUNTIME_EXEC_LIKELIHOOD_H
#define GRAPHC_RUNTIME_EXEC_LIKELIHOOD_H

#include "runtime/exec/Session.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace graphc {

struct LikelihoodOptions {
  /// Tokens in a window, the one in front included; 0: the plan's context. At least 2.
  int64_t context = 0;
  /// From one window's start to the next; 0: context - 1, so that windows share no scored token and
  /// no more than one token. At most context - 1. A smaller stride gives every token more tokens to
  /// go by, and takes longer.
  int64_t stride = 0;
  int64_t chunk = 0; ///< Most tokens in a step; 0: the plan's.
  /// Put in front of every window. Without it the text's own first token is not scored.
  std::optional<int32_t> bos = {};
};

/// A piece of a text that is run by itself: tokens [begin, end), of which [firstScored, end) were
/// in no window before.
struct LikelihoodWindow {
  int64_t begin = 0, end = 0;
  int64_t firstScored = 0;

  bool operator==(const LikelihoodWindow &) const = default;
};

/// The windows of a text of `tokens` tokens: they start every `stride` tokens and hold `context`
/// tokens, one less behind a bos. The last one ends with the text and may be shorter. Every token
/// is scored in exactly one, in the first that has it; without a bos all but the text's first.
std::vector<LikelihoodWindow> likelihoodWindows(int64_t tokens, int64_t context, int64_t stride,
                                                bool bos);

struct Likelihood {
  int64_t tokens = 0; ///< Scored.
  int64_t windows = 0;
  int64_t context = 0, stride = 0; ///< As they were used.
  double meanNll = 0;              ///< Natural logarithm, per token.
  double nllError = 0;             ///< Standard error of the mean, tokens taken as independent.
  double seconds = 0;

  double perplexity() const;
  double perplexityError() const; ///< Standard error, to first order.
  double tokensPerSecond() const;
};

/// Options with every default filled in. Usage when they fit neither each other nor the plan.
Expected<LikelihoodOptions> resolveLikelihood(const Plan &plan, LikelihoodOptions options);

/// A session that can measure with these (resolved) options; threads and cancel are as in `base`.
SessionOptions sessionOptionsFor(const LikelihoodOptions &options, SessionOptions base);

/// Mean negative log likelihood of a text's tokens, each given those before it in its window.
/// `options` must be resolved. `progress` hears of the number of scored tokens after every step.
///
/// Usage for a text without a token to score, or a plan whose result is not logits; Numeric when
/// logits are not numbers; Interrupted when the session is.
Expected<Likelihood> measureLikelihood(Session &session, std::span<const int32_t> tokens,
                                       const LikelihoodOptions &options,
                                       const std::function<void(int64_t)> &progress);

/// -ln of the probability that softmax(logits) gives to `token`; not finite when logits are not.
double negativeLogLikelihood(std::span<const float> logits, int32_t token);

} // namespace graphc

#endif // GRAPHC_RUNTIME_EXEC_LIKELIHOOD_H
