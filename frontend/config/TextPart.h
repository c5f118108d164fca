// Models that take more than text: their config.json has an object for each part, and the text part
// is a model of one of the families.
//
//   {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3",
//    "text_config": {"model_type": "gemma3_text", ...}, "vision_config": {...}}
//
// graphc compiles the text part and leaves the others out, whose tensors are then extras.
#ifndef GRAPHC_FRONTEND_CONFIG_TEXTPART_H
#define GRAPHC_FRONTEND_CONFIG_TEXTPART_H

#include "frontend/config/ModelConfig.h"

#include <span>
#include <string_view>

namespace graphc {

struct CompositeSpec {
  /// The values of `model_type` and `architectures`.
  std::string_view modelType;
  std::string_view architecture;
  /// The key of the text part's object.
  std::string_view textKey;
  /// What the names of the text part's tensors begin with, and those of the others.
  std::string_view textTensors;
  std::span<const std::string_view> otherTensors;
  /// Keys of the other parts.
  std::span<const std::string_view> otherKeys;
};

std::span<const CompositeSpec> composites();

/// The kind that a config.json says it is; null for a model of text alone.
const CompositeSpec *findComposite(const Json &document);

/// The object of the text part, with what stands beside it but is said of the text (token ids,
/// stored type). Unsupported for a key that is neither that nor one of the other parts.
Expected<Json> readTextPart(const Json &document, const std::string &file,
                            const CompositeSpec &composite, ModelConfig &config);

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_TEXTPART_H
