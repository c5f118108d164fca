// The flags of `graphc run`.
#ifndef GRAPHC_TOOLS_GRAPHC_RUNFLAGS_H
#define GRAPHC_TOOLS_GRAPHC_RUNFLAGS_H

#include "runtime/base/Status.h"
#include "runtime/plan/PlanHeader.h"
#include "runtime/sampling/Sampler.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace graphc {

struct RunFlags {
  std::string plan;
  std::optional<std::string> prompt;     ///< -p
  std::optional<std::string> promptFile; ///< -f
  std::vector<std::string> tokens;       ///< --tokens, one entry per sequence
  std::optional<std::string> input;      ///< --input, rows of a plan that takes them
  std::optional<int64_t> randomInput;    ///< --random-input
  std::optional<std::string> inputShape; ///< --input-shape
  int64_t count = -1;                    ///< -n; -1: until the model or the context ends
  std::optional<int> threads;            ///< -t
  int64_t context = 0;                   ///< -c; 0: the plan's
  int64_t chunk = 0;                     ///< --chunk; 0: the plan's
  std::optional<float> temperature;
  std::optional<int64_t> topK;
  std::optional<float> topP, minP, repeatPenalty;
  std::optional<int64_t> seed; ///< Negative: a random one.
  bool ignoreEos = false;
  bool json = false;
  bool verifyWeights = false;
  std::string saveResult;
  bool quiet = false, verbose = false;
};

/// Parses the command line behind `run`. Usage for what cannot be meant; `helpShown` when that was
/// all.
Expected<RunFlags> parseRunFlags(int argc, const char *const *argv, bool &helpShown);

/// Token ids of a flag's argument: "1,2,3".
Expected<std::vector<int32_t>> parseTokens(const std::string &text,
                                           const std::string &flag = "--tokens");

/// Sampling as the flags say, else as the model's authors recommend, else as built in. Without
/// --seed the seed is random.
SamplingOptions samplingOptions(const RunFlags &flags, const GenerationDefaults &model);

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_RUNFLAGS_H
