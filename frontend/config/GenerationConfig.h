// GenerationConfig: how the authors of a model want text to be generated (generation_config.json).
//
// These are defaults for `run`; its flags override them. The file may be absent.
#ifndef GRAPHC_FRONTEND_CONFIG_GENERATIONCONFIG_H
#define GRAPHC_FRONTEND_CONFIG_GENERATIONCONFIG_H

#include "frontend/config/ModelConfig.h"

namespace graphc {

struct GenerationConfig {
  /// False: greedy, whatever the numbers below say.
  bool doSample = false;
  double temperature = 1.0;
  /// 0: off.
  int64_t topK = 50;
  double topP = 1.0;
  double minP = 0.0;
  double repetitionPenalty = 1.0;
  /// First token of a text, and the tokens that end it: those of this file, else of config.json.
  std::optional<int64_t> bosToken;
  std::vector<int64_t> eosTokens;

  /// Keys of the file that graphc does not act on, unset ones left out. None of them changes the
  /// network.
  std::vector<std::string> ignoredKeys;

  bool operator==(const GenerationConfig &) const = default;
};

/// Reads generation_config.json of the model at `path` (its folder, or its config.json). An absent
/// file gives the defaults with the token ids of `model`; a damaged one is BadInput.
Expected<GenerationConfig> readGenerationConfig(const std::string &path, const ModelConfig &model);

/// The same for a parsed document; `file` names it in messages.
Expected<GenerationConfig> parseGenerationConfig(const Json &document, const std::string &file,
                                                 const ModelConfig &model);

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_GENERATIONCONFIG_H
