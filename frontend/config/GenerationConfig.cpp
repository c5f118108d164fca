#include "frontend/config/GenerationConfig.h"

#include "frontend/config/FieldReader.h"
#include "frontend/config/KeyPolicy.h"
#include "frontend/config/ModelFolder.h"

#include <algorithm>
#include <filesystem>

namespace graphc {

static constexpr double kMaxTokenId = (1 << 24) - 1;

static constexpr Field<GenerationConfig> kFields[] = {
    {"do_sample", &GenerationConfig::doSample, {}, "false"},
    {"temperature", &GenerationConfig::temperature, {0, 1000}, "1.0"},
    {"top_k", &GenerationConfig::topK, {0, kMaxTokenId}, "50"},
    {"top_p", &GenerationConfig::topP, {0, 1}, "1.0"},
    {"min_p", &GenerationConfig::minP, {0, 1}, "0.0"},
    {"repetition_penalty", &GenerationConfig::repetitionPenalty, {1e-3, 1000}, "1.0"},
    {"bos_token_id", &GenerationConfig::bosToken, {0, kMaxTokenId}, kDerived},
    {"eos_token_id", &GenerationConfig::eosTokens, {0, kMaxTokenId}, kDerived},
};

static Status checkToken(const std::string &file, const char *key, int64_t token,
                         const ModelConfig &model) {
  if (token < model.vocabSize)
    return {};
  return badInput(file + ": " + key + ": expected an id below vocab_size (" +
                  std::to_string(model.vocabSize) + "), but found " + std::to_string(token));
}

Expected<GenerationConfig> parseGenerationConfig(const Json &document, const std::string &file,
                                                 const ModelConfig &model) {
  if (!document.is_object())
    return badInput(file + ": expected an object, but found " + describeValue(document));
  GenerationConfig config;
  GRAPHC_RETURN_IF_ERROR(
      readFields(document, file, std::span<const Field<GenerationConfig>>(kFields), config));
  if (config.bosToken)
    GRAPHC_RETURN_IF_ERROR(checkToken(file, "bos_token_id", *config.bosToken, model));
  for (int64_t token : config.eosTokens)
    GRAPHC_RETURN_IF_ERROR(checkToken(file, "eos_token_id", token, model));
  if (!config.bosToken)
    config.bosToken = model.bosToken;
  if (config.eosTokens.empty())
    config.eosTokens = model.eosTokens;
  std::vector<std::string_view> understood;
  appendKeys(std::span<const Field<GenerationConfig>>(kFields), understood);
  for (const auto &[key, value] : document.items()) {
    if (std::find(understood.begin(), understood.end(), key) == understood.end() && !isUnset(value))
      config.ignoredKeys.push_back(key);
  }
  return config;
}

Expected<GenerationConfig> readGenerationConfig(const std::string &path, const ModelConfig &model) {
  std::string file = modelFile(path, "generation_config.json");
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))
    return parseGenerationConfig(Json::object(), file, model);
  GRAPHC_ASSIGN_OR_RETURN(Json document, readJsonFile(file, kConfigLimits));
  return parseGenerationConfig(document, file, model);
}

} // namespace graphc
