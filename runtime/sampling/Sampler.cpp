#include "runtime/sampling/Sampler.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace graphc {

namespace {

/// Finalizer of SplitMix64: every bit of the input changes half of the output's.
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::string numberText(double value) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof(text), value).ptr};
}

Status checkRange(const char *name, double value, double min, double max) {
  if (value >= min && value <= max)
    return {};
  return usageError(std::string(name) + ": expected a number in [" + numberText(min) + ", " +
                    numberText(max) + "] but got " + numberText(value));
}

} // namespace

Status SamplingOptions::validate() const {
  constexpr double kMaxTemperature = 100, kMaxPenalty = 100, kMaxCount = 1e9;
  GRAPHC_RETURN_IF_ERROR(checkRange("temperature", temperature, 0, kMaxTemperature));
  GRAPHC_RETURN_IF_ERROR(checkRange("top-k", static_cast<double>(topK), 0, kMaxCount));
  GRAPHC_RETURN_IF_ERROR(checkRange("top-p", topP, 0, 1));
  GRAPHC_RETURN_IF_ERROR(checkRange("min-p", minP, 0, 1));
  GRAPHC_RETURN_IF_ERROR(checkRange("repeat-penalty", repeatPenalty, 0.01, kMaxPenalty));
  return checkRange("repeat-last-n", static_cast<double>(repeatLastN), 0, kMaxCount);
}

double uniformRandom(const RandomKey &key) {
  constexpr uint64_t kGolden = 0x9e3779b97f4a7c15u;
  uint64_t bits = mix(key.seed + kGolden);
  bits = mix(bits + kGolden * (key.sequence + 1));
  bits = mix(bits + kGolden * (key.position + 1));
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

bool areUsableLogits(std::span<const float> logits) {
  bool usable = false, broken = false;
  for (float logit : logits) {
    broken |= !(logit <= std::numeric_limits<float>::max());
    usable |= logit >= std::numeric_limits<float>::lowest();
  }
  return usable && !broken;
}

Expected<int32_t> Sampler::sample(std::span<const float> logits, std::span<const int32_t> history,
                                  uint64_t sequence) {
  GRAPHC_RETURN_IF_ERROR(load(logits, sequence, history.size()));
  penalize(history);
  int32_t best = greedy();
  if (options.temperature == 0)
    return best;
  largest = candidates[static_cast<size_t>(best)].logit;
  keepTopK();
  keepTopP();
  keepMinP();
  return choose(uniformRandom({options.seed, sequence, history.size()}));
}

Status Sampler::load(std::span<const float> logits, uint64_t sequence, size_t position) {
  candidates.resize(logits.size());
  for (size_t i = 0; i < logits.size(); ++i)
    candidates[i] = {static_cast<int32_t>(i), logits[i]};
  if (areUsableLogits(logits))
    return {};
  return numericError("sequence " + std::to_string(sequence) + ", position " +
                      std::to_string(position) + ": the logits are not numbers (NaN or infinite)");
}

/// Each recent token is penalized once, however often it occurred.
void Sampler::penalize(std::span<const int32_t> history) {
  size_t window = std::min(history.size(), static_cast<size_t>(options.repeatLastN));
  if (options.repeatPenalty == 1 || window == 0)
    return;
  recent.assign(history.end() - static_cast<std::ptrdiff_t>(window), history.end());
  std::sort(recent.begin(), recent.end());
  recent.erase(std::unique(recent.begin(), recent.end()), recent.end());
  for (int32_t token : recent) {
    if (token < 0 || static_cast<size_t>(token) >= candidates.size())
      continue;
    float &logit = candidates[static_cast<size_t>(token)].logit;
    logit = logit > 0 ? logit / options.repeatPenalty : logit * options.repeatPenalty;
  }
}

int32_t Sampler::greedy() const {
  auto best = std::max_element(candidates.begin(), candidates.end(),
                               [](auto &a, auto &b) { return a.logit < b.logit; });
  return best->token;
}

/// Likeliest first; equal ones by id, so that the order is one.
static constexpr auto kByLikelihood = [](const auto &a, const auto &b) {
  return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
};

void Sampler::keepTopK() {
  auto k = static_cast<size_t>(options.topK);
  if (k == 0 || k >= candidates.size())
    return;
  auto last = candidates.begin() + options.topK;
  std::nth_element(candidates.begin(), last, candidates.end(), kByLikelihood);
  candidates.erase(last, candidates.end());
}

void Sampler::keepTopP() {
  if (options.topP >= 1)
    return;
  double sum = 0;
  for (const Candidate &candidate : candidates)
    sum += std::exp(double(candidate.logit) - largest);
  // Tokens below (1 - p) / count of the sum hold less than 1 - p together, so none of them is among
  // the likeliest that reach p: no need to sort a whole vocabulary.
  double floor = (1 - double(options.topP)) / static_cast<double>(candidates.size()) * sum;
  std::erase_if(candidates, [&](const Candidate &candidate) {
    return candidate.logit < largest && std::exp(double(candidate.logit) - largest) < floor;
  });
  std::sort(candidates.begin(), candidates.end(), kByLikelihood);
  double reached = 0;
  size_t keep = 0;
  while (keep < candidates.size() && (keep == 0 || reached < options.topP * sum))
    reached += std::exp(double(candidates[keep++].logit) - largest);
  candidates.resize(keep);
}

void Sampler::keepMinP() {
  if (options.minP <= 0)
    return;
  double least = largest + std::log(double(options.minP));
  std::erase_if(candidates, [&](const Candidate &candidate) {
    return candidate.logit < least && candidate.logit < largest;
  });
}

int32_t Sampler::choose(double random) const {
  auto weight = [&](const Candidate &candidate) {
    return std::exp((double(candidate.logit) - largest) / options.temperature);
  };
  double sum = 0;
  for (const Candidate &candidate : candidates)
    sum += weight(candidate);
  double rest = random * sum;
  for (const Candidate &candidate : candidates) {
    rest -= weight(candidate);
    if (rest < 0)
      return candidate.token;
  }
  return candidates.back().token; // rounding left a crumb
}

} // namespace graphc
