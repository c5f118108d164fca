#include "runtime/sampling/Logprobs.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace graphc {

Logprobs logprobsOf(std::span<const float> logits, int32_t chosen, size_t count) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (float logit : logits)
    sum += std::exp(logit - largest);
  const double logSum = largest + std::log(sum);
  auto logprob = [&](int32_t token) {
    return TokenLogprob{token, logits[static_cast<size_t>(token)] - logSum};
  };

  std::vector<int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [&](int32_t a, int32_t b) {
    float x = logits[static_cast<size_t>(a)], y = logits[static_cast<size_t>(b)];
    return x != y ? x > y : a < b;
  });
  Logprobs result{logprob(chosen), {}};
  std::transform(order.begin(), end, std::back_inserter(result.top), logprob);
  return result;
}

} // namespace graphc
