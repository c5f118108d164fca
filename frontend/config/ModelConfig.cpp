#include "frontend/config/ModelConfig.h"

#include "frontend/config/Families.h"
#include "frontend/config/ModelFolder.h"
#include "frontend/config/NearestName.h"
#include "frontend/config/ReadRope.h"
#include "frontend/config/TextPart.h"
#include "runtime/base/Escape.h"

#include <algorithm>

namespace graphc {

/// The text of a key that names the architecture, empty when the key is absent.
static Expected<std::string> architectureText(const Json &document, const std::string &file,
                                              const char *key) {
  auto found = document.find(key);
  if (found == document.end() || found->is_null())
    return std::string();
  const Json &value = found->is_array() && found->size() == 1 ? found->front() : *found;
  if (!value.is_string() || value == "")
    return badInput(file + ": " + key + ": expected one name, but found " + describeValue(*found));
  return value.get<std::string>();
}

static bool isOf(const FamilySpec &family, const std::string &architecture,
                 const std::string &modelType) {
  auto names = family.architectures;
  return (modelType.empty() || modelType == family.modelType) &&
         (architecture.empty() ||
          std::find(names.begin(), names.end(), architecture) != names.end());
}

/// The family by `architectures` and `model_type`. One of them is enough; both must agree.
static Expected<const FamilySpec *> findFamily(const Json &document, const std::string &file) {
  GRAPHC_ASSIGN_OR_RETURN(std::string architecture,
                          architectureText(document, file, "architectures"));
  GRAPHC_ASSIGN_OR_RETURN(std::string modelType, architectureText(document, file, "model_type"));
  if (architecture.empty() && modelType.empty())
    return badInput(file + ": neither 'architectures' nor 'model_type' is there, so the family of "
                           "the model is not known");
  std::vector<std::string_view> known;
  for (const FamilySpec *family : families()) {
    if (isOf(*family, architecture, modelType))
      return family;
    if (!architecture.empty())
      known.insert(known.end(), family->architectures.begin(), family->architectures.end());
    else
      known.push_back(family->modelType);
  }
  for (const CompositeSpec &composite : composites())
    known.push_back(architecture.empty() ? composite.modelType : composite.architecture);
  std::string found = architecture.empty() ? modelType : architecture;
  return unsupported(file + ": architecture '" + escapeForMessage(found) + "' (model_type '" +
                     escapeForMessage(modelType) +
                     "') is not supported; nearest supported: " + nearestNames(found, known));
}

static Status impossible(const std::string &file, const char *key, int64_t found,
                         const std::string &allowed) {
  return badInput(file + ": " + key + ": expected " + allowed + ", but found " +
                  std::to_string(found));
}

/// Fills in what follows from other fields: key/value heads and head_dim.
static Status deriveHeads(const std::string &file, ModelConfig &config) {
  if (config.kvHeads == 0)
    config.kvHeads = config.heads;
  if (config.heads % config.kvHeads != 0)
    return impossible(file, "num_key_value_heads", config.kvHeads,
                      "a divisor of num_attention_heads (" + std::to_string(config.heads) + ")");
  if (config.headDim == 0) {
    if (config.hiddenSize % config.heads != 0)
      return impossible(file, "hidden_size", config.hiddenSize,
                        "a multiple of num_attention_heads (" + std::to_string(config.heads) +
                            "), or a head_dim");
    config.headDim = config.hiddenSize / config.heads;
  }
  if (config.headDim > kMaxHeadDim)
    return impossible(file, "hidden_size / num_attention_heads", config.headDim,
                      "at most " + std::to_string(kMaxHeadDim));
  if (config.headDim % 2 != 0)
    return impossible(file, "head_dim", config.headDim,
                      "an even number, as rotary embedding turns pairs");
  return {};
}

int64_t ModelConfig::rotaryDim() const {
  return static_cast<int64_t>(static_cast<double>(headDim) * rotaryFactor);
}

/// Layers that slide need a window; without one, or if the file turns windows off, none slides.
static Status deriveWindows(const std::string &file, const FamilySpec &family,
                            ModelConfig &config) {
  if (!config.layerTypes.empty() && std::ssize(config.layerTypes) != config.layers)
    return impossible(file, "layer_types: entries", std::ssize(config.layerTypes),
                      "one for each of the " + std::to_string(config.layers) + " layers");
  if (!config.usesSlidingWindow)
    config.slidingWindow.reset();
  if (config.layerTypes.empty() && config.slidingWindow && family.isSliding) {
    for (int64_t layer = 0; layer < config.layers; ++layer)
      config.layerTypes.push_back(family.isSliding(config, layer) ? LayerAttention::Sliding
                                                                  : LayerAttention::Full);
  }
  const bool slides =
      std::ranges::find(config.layerTypes, LayerAttention::Sliding) != config.layerTypes.end();
  if (!slides || !config.slidingWindow) {
    if (slides && config.usesSlidingWindow)
      return badInput(file + ": layer_types has sliding_attention, but there is no sliding_window");
    config.layerTypes.clear();
    config.slidingWindow.reset();
    config.slidingRope.reset();
  }
  return {};
}

static Status checkTokens(const std::string &file, const ModelConfig &config) {
  std::string allowed = "an id below vocab_size (" + std::to_string(config.vocabSize) + ")";
  if (config.bosToken && *config.bosToken >= config.vocabSize)
    return impossible(file, "bos_token_id", *config.bosToken, allowed);
  for (int64_t token : config.eosTokens) {
    if (token >= config.vocabSize)
      return impossible(file, "eos_token_id", token, allowed);
  }
  return {};
}

/// Reads a document that is a model of text into `config`.
static Status readTextModel(const Json &document, const std::string &file, ModelConfig &config) {
  GRAPHC_ASSIGN_OR_RETURN(const FamilySpec *family, findFamily(document, file));
  KeyPolicy policy{"family " + std::string(family->modelType),
                   {"architectures", "model_type", "rope_scaling", "rope_parameters"},
                   {commonNeutralKeys().begin(), commonNeutralKeys().end()},
                   family->inertKeys};
  appendKeys(family->fields, policy.understood);
  appendKeys(family->thetaField, policy.understood);
  appendKeys(family->slidingThetaField, policy.understood);
  appendKeys(family->rotaryField, policy.understood);
  policy.neutral.insert(policy.neutral.end(), family->neutralKeys.begin(),
                        family->neutralKeys.end());
  config.family = family->family;
  config.form = family->form;
  GRAPHC_RETURN_IF_ERROR(checkKeys(document, file, policy, config.ignoredKeys));
  GRAPHC_RETURN_IF_ERROR(readFields(document, file, family->fields, config));
  GRAPHC_RETURN_IF_ERROR(deriveHeads(file, config));
  GRAPHC_RETURN_IF_ERROR(checkTokens(file, config));
  GRAPHC_RETURN_IF_ERROR(readRope(document, file, *family, config));
  return deriveWindows(file, *family, config);
}

Expected<ModelConfig> parseModelConfig(const Json &document, const std::string &file) {
  if (!document.is_object())
    return badInput(file + ": expected an object, but found " + describeValue(document));
  ModelConfig config;
  const CompositeSpec *composite = findComposite(document);
  if (!composite) {
    GRAPHC_RETURN_IF_ERROR(readTextModel(document, file, config));
    return config;
  }
  GRAPHC_ASSIGN_OR_RETURN(Json text, readTextPart(document, file, *composite, config));
  GRAPHC_RETURN_IF_ERROR(
      readTextModel(text, file + ": " + std::string(composite->textKey), config));
  return config;
}

Expected<ModelConfig> readModelConfig(const std::string &path) {
  std::string file = modelFolder(path) == path ? modelFile(path, "config.json") : path;
  GRAPHC_ASSIGN_OR_RETURN(Json document, readJsonFile(file, kConfigLimits));
  return parseModelConfig(document, file);
}

} // namespace graphc
