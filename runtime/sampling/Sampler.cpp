#include "runtime/sampling/Sampler.h"

#include "runtime/base/VectorClones.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
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
  constexpr double kMaxTemperature = 100, kMaxPenalty = 100, kMaxBias = 1e6, kMaxCount = 1e9;
  GRAPHC_RETURN_IF_ERROR(checkRange("temperature", temperature, 0, kMaxTemperature));
  GRAPHC_RETURN_IF_ERROR(checkRange("top-k", static_cast<double>(topK), 0, kMaxCount));
  GRAPHC_RETURN_IF_ERROR(checkRange("top-p", topP, 0, 1));
  GRAPHC_RETURN_IF_ERROR(checkRange("min-p", minP, 0, 1));
  GRAPHC_RETURN_IF_ERROR(checkRange("repeat-penalty", repeatPenalty, 0.01, kMaxPenalty));
  GRAPHC_RETURN_IF_ERROR(
      checkRange("presence-penalty", presencePenalty, -kMaxPenalty, kMaxPenalty));
  GRAPHC_RETURN_IF_ERROR(
      checkRange("frequency-penalty", frequencyPenalty, -kMaxPenalty, kMaxPenalty));
  for (const LogitBias &entry : logitBias) {
    if (entry.bias != -std::numeric_limits<float>::infinity())
      GRAPHC_RETURN_IF_ERROR(checkRange("logit-bias", entry.bias, -kMaxBias, kMaxBias));
  }
  return checkRange("repeat-last-n", static_cast<double>(repeatLastN), 0, kMaxCount);
}

double uniformRandom(const RandomKey &key) {
  constexpr uint64_t kGolden = 0x9e3779b97f4a7c15u;
  uint64_t bits = mix(key.seed + kGolden);
  bits = mix(bits + kGolden * (key.sequence + 1));
  bits = mix(bits + kGolden * (key.position + 1));
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

GRAPHC_VECTOR_CLONES
static bool areUsable(const float *logits, size_t count) {
  bool usable = false, broken = false;
  for (size_t i = 0; i < count; ++i) {
    broken |= !(logits[i] <= std::numeric_limits<float>::max());
    usable |= logits[i] >= std::numeric_limits<float>::lowest();
  }
  return usable && !broken;
}

bool areUsableLogits(std::span<const float> logits) {
  return areUsable(logits.data(), logits.size());
}

/// Maxima of kGroups groups of values, side by side in memory so that a loop over groups is one
/// over vectors.
constexpr size_t kGroups = 512;

GRAPHC_VECTOR_CLONES
static void groupMaxima(const float *values, size_t count, float *maxima) {
  for (size_t group = 0; group < kGroups; ++group)
    maxima[group] = -std::numeric_limits<float>::infinity();
  for (size_t begin = 0; begin < count; begin += kGroups) {
    const size_t present = count - begin < kGroups ? count - begin : kGroups;
    for (size_t i = 0; i < present; ++i)
      maxima[i] = maxima[i] < values[begin + i] ? values[begin + i] : maxima[i];
  }
}

Expected<int32_t> Sampler::sample(std::span<const float> logits, std::span<const int32_t> history,
                                  uint64_t sequence) {
  if (!areUsableLogits(logits))
    return numericError("sequence " + std::to_string(sequence) + ", position " +
                        std::to_string(history.size()) +
                        ": the logits are not numbers (NaN or infinite)");
  values.assign(logits.begin(), logits.end());
  addBiases();
  penalize(history);
  groups.resize(kGroups);
  groupMaxima(values.data(), values.size(), groups.data());
  largest = *std::max_element(groups.begin(), groups.end());
  if (largest == -std::numeric_limits<float>::infinity())
    return usageError("logit-bias: the biases leave no token that can be chosen");
  if (options.temperature == 0)
    return static_cast<int32_t>(std::find(values.begin(), values.end(), largest) - values.begin());
  chooseCandidates();
  keepTopP();
  keepMinP();
  return choose(uniformRandom({options.seed, sequence, history.size()}));
}

void Sampler::addBiases() {
  for (const LogitBias &entry : options.logitBias) {
    if (entry.token >= 0 && static_cast<size_t>(entry.token) < values.size())
      values[static_cast<size_t>(entry.token)] += entry.bias;
  }
}

void Sampler::penalize(std::span<const int32_t> history) {
  size_t window = std::min(history.size(), static_cast<size_t>(options.repeatLastN));
  bool off =
      options.repeatPenalty == 1 && options.presencePenalty == 0 && options.frequencyPenalty == 0;
  if (off || window == 0)
    return;
  recent.assign(history.end() - static_cast<std::ptrdiff_t>(window), history.end());
  std::sort(recent.begin(), recent.end());
  for (auto first = recent.begin(), last = first; first != recent.end(); first = last) {
    last = std::upper_bound(first, recent.end(), *first);
    if (*first < 0 || static_cast<size_t>(*first) >= values.size())
      continue;
    auto count = static_cast<float>(last - first);
    float &logit = values[static_cast<size_t>(*first)];
    logit = logit > 0 ? logit / options.repeatPenalty : logit * options.repeatPenalty;
    logit -= count * options.frequencyPenalty + options.presencePenalty;
  }
}

/// Likeliest first; equal ones by id, so that the order is one.
static constexpr auto kByLikelihood = [](const auto &a, const auto &b) {
  return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
};

/// All tokens, or the K likeliest, likeliest first. K groups have a largest value of at least the
/// K-th largest of these, so that the K likeliest tokens are among those that reach it: few more
/// than K, instead of a vocabulary, are left to be ordered.
void Sampler::chooseCandidates() {
  const auto k = static_cast<size_t>(options.topK);
  const bool all = k == 0 || k >= values.size();
  float least = -std::numeric_limits<float>::infinity();
  if (!all && k <= kGroups) {
    auto last = groups.begin() + options.topK - 1;
    std::nth_element(groups.begin(), last, groups.end(), std::greater<>());
    least = *last;
  }
  candidates.clear();
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= least)
      candidates.push_back({static_cast<int32_t>(i), values[i]});
  }
  if (all)
    return;
  auto last = candidates.begin() + options.topK;
  std::partial_sort(candidates.begin(), last, candidates.end(), kByLikelihood);
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
