// The flags of `graphc run`.
#ifndef GRAPHC_TOOLS_GRAPHC_RUNFLAGS_H
#define GRAPHC_TOOLS_GRAPHC_RUNFLAGS_H

#include "runtime/base/Status.h"
#include "runtime/exec/Generator.h"
#include "tools/graphc/ChatPrompt.h"
#include "tools/graphc/ModelPlan.h"
#include "tools/graphc/SamplingFlags.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace graphc {

struct RunFlags {
  ModelFlags model;
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
  bool chat = false;                     ///< --chat: the prompt is a message.
  ChatFlags conversation;
  SamplingFlags sampling;
  std::optional<int64_t> logprobs;
  bool json = false;
  bool verifyWeights = false;
  std::string saveResult;
  bool quiet = false, verbose = false;
};

/// Parses the command line behind `run`. Usage for what cannot be meant; `helpShown` when that was
/// all.
Expected<RunFlags> parseRunFlags(int argc, const char *const *argv, bool &helpShown);

/// The same of `chat`, which has a part of these flags.
Expected<RunFlags> parseChatFlags(int argc, const char *const *argv, bool &helpShown);

/// What the flags say of a generation; the model's authors say the rest.
Expected<GenerationOptions> generationOptions(const RunFlags &flags, const PlanHeader &header);

/// Token ids of a flag's argument: "1,2,3".
Expected<std::vector<int32_t>> parseTokens(const std::string &text,
                                           const std::string &flag = "--tokens");

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_RUNFLAGS_H
