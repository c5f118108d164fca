#include "frontend/config/TextPart.h"

#include "frontend/config/KeyPolicy.h"

namespace graphc {

static constexpr std::string_view kVisionTensors[] = {"vision_tower.", "multi_modal_projector."};

static constexpr std::string_view kGemma3Keys[] = {"vision_config", "mm_tokens_per_image",
                                                   "boi_token_index", "eoi_token_index",
                                                   "image_token_index"};

static constexpr CompositeSpec kComposites[] = {
    {"gemma3", "Gemma3ForConditionalGeneration", "text_config", "language_model.", kVisionTensors,
     kGemma3Keys},
};

/// Said of the text, wherever it stands.
static constexpr std::string_view kSharedKeys[] = {"bos_token_id", "eos_token_id", "dtype",
                                                   "torch_dtype", "tie_word_embeddings"};

std::span<const CompositeSpec> composites() { return kComposites; }

const CompositeSpec *findComposite(const Json &document) {
  auto is = [&](const char *key, std::string_view name) {
    auto found = document.find(key);
    return found != document.end() &&
           (*found == name || (found->is_array() && found->size() == 1 && found->front() == name));
  };
  for (const CompositeSpec &composite : kComposites) {
    if (is("architectures", composite.architecture) || is("model_type", composite.modelType))
      return &composite;
  }
  return nullptr;
}

Expected<Json> readTextPart(const Json &document, const std::string &file,
                            const CompositeSpec &composite, ModelConfig &config) {
  const std::string key(composite.textKey);
  KeyPolicy policy{"a model of kind " + std::string(composite.modelType),
                   {"architectures", "model_type", composite.textKey},
                   {commonNeutralKeys().begin(), commonNeutralKeys().end()},
                   {}};
  policy.understood.insert(policy.understood.end(), std::begin(kSharedKeys), std::end(kSharedKeys));
  policy.neutral.insert(policy.neutral.end(), composite.otherKeys.begin(),
                        composite.otherKeys.end());
  GRAPHC_RETURN_IF_ERROR(checkKeys(document, file, policy, config.ignoredKeys));
  auto part = document.find(key);
  if (part == document.end() || !part->is_object())
    return badInput(file + ": " + key + ": expected an object, but found " +
                    (part == document.end() ? "none" : describeValue(*part)));
  Json text = *part;
  for (std::string_view shared : kSharedKeys) {
    auto found = document.find(shared);
    if (found != document.end() && !text.contains(shared))
      text[std::string(shared)] = *found;
  }
  config.tensorPrefix = composite.textTensors;
  config.leftOutTensors.assign(composite.otherTensors.begin(), composite.otherTensors.end());
  return text;
}

} // namespace graphc
