// The flags that say how tokens are chosen and what ends a text: those of `run` and `chat`.
#ifndef GRAPHC_TOOLS_GRAPHC_SAMPLINGFLAGS_H
#define GRAPHC_TOOLS_GRAPHC_SAMPLINGFLAGS_H

#include "runtime/base/Status.h"
#include "runtime/plan/PlanHeader.h"
#include "runtime/sampling/Sampler.h"
#include "tools/cli/CommandLine.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

struct SamplingFlags {
  std::optional<float> temperature;
  std::optional<int64_t> topK;
  std::optional<float> topP, minP, repeatPenalty;
  float presencePenalty = 0, frequencyPenalty = 0;
  int64_t repeatLastN = SamplingOptions().repeatLastN;
  std::vector<std::string> logitBias;
  std::optional<int64_t> seed; ///< Negative: a random one.
  bool ignoreEos = false;
  std::vector<std::string> stops;

  /// Tokens that end a text.
  std::vector<int64_t> eosTokens(const PlanModel &model) const {
    return ignoreEos ? std::vector<int64_t>() : model.eosTokens;
  }
};

void addSamplingFlags(CLI::App &app, SamplingFlags &flags);

/// Sampling as the flags say, else as the model's authors recommend, else as built in. Without
/// --seed the seed is random. Usage for biases and stop strings that cannot be meant.
Expected<SamplingOptions> samplingOptions(const SamplingFlags &flags,
                                          const GenerationDefaults &model);

/// "ID=BIAS", "ID+BIAS" or "ID-BIAS"; a BIAS of -inf rules the token out. Usage for anything else.
Expected<LogitBias> parseLogitBias(std::string_view text);

/// "temperature 0.80, top-k 40, ...", for -v.
std::string samplingText(const SamplingOptions &options);

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_SAMPLINGFLAGS_H
