#include "frontend/gguf/GgufNames.h"

#include "frontend/config/TensorNames.h"

#include <span>

namespace graphc {

namespace {

/// A tensor's role, and what GGUF files call it.
struct RoleName {
  const char *TensorNames::*role;
  std::string_view gguf;
};

constexpr RoleName kModelNames[] = {{&TensorNames::embedding, "token_embd"},
                                    {&TensorNames::finalNorm, "output_norm"},
                                    {&TensorNames::head, "output"}};

/// Of tensors with one GGUF name a family has the one that comes first here.
constexpr RoleName kLayerNames[] = {{&TensorNames::attentionNorm, "attn_norm"},
                                    {&TensorNames::q, "attn_q"},
                                    {&TensorNames::k, "attn_k"},
                                    {&TensorNames::v, "attn_v"},
                                    {&TensorNames::qkv, "attn_qkv"},
                                    {&TensorNames::qNorm, "attn_q_norm"},
                                    {&TensorNames::kNorm, "attn_k_norm"},
                                    {&TensorNames::o, "attn_output"},
                                    {&TensorNames::attentionPostNorm, "post_attention_norm"},
                                    {&TensorNames::mlpNorm, "ffn_norm"},
                                    {&TensorNames::gate, "ffn_gate"},
                                    {&TensorNames::gateUp, "ffn_up"},
                                    {&TensorNames::up, "ffn_up"},
                                    {&TensorNames::down, "ffn_down"},
                                    {&TensorNames::mlpPostNorm, "post_ffw_norm"}};

/// A name of a layer is a prefix, its number, a dot and the part.
constexpr std::string_view kCheckpointPrefix = "model.layers.", kGgufPrefix = "blk.";

enum class Side { Checkpoint, Gguf };

std::optional<std::string> lookUp(const TensorNames &names, std::span<const RoleName> roles,
                                  std::string_view stem, Side from) {
  for (const RoleName &role : roles) {
    const char *checkpoint = names.*role.role;
    const bool isOther = role.role == &TensorNames::up && names.gateUp;
    if (checkpoint && !isOther && stem == (from == Side::Gguf ? role.gguf : checkpoint))
      return std::string(from == Side::Gguf ? checkpoint : role.gguf);
  }
  return std::nullopt;
}

std::optional<std::string> translate(Family family, std::string_view name, Side from) {
  const size_t dot = name.rfind('.'); // In front of "weight" or "bias".
  if (dot == std::string_view::npos)
    return std::nullopt;
  const std::string end(name.substr(dot));
  std::string_view stem = name.substr(0, dot);
  const TensorNames &names = tensorNames(family);
  if (std::optional<std::string> found = lookUp(names, kModelNames, stem, from))
    return *found + end;
  const std::string_view prefix = from == Side::Gguf ? kGgufPrefix : kCheckpointPrefix;
  if (!stem.starts_with(prefix))
    return std::nullopt;
  stem.remove_prefix(prefix.size());
  const size_t length = stem.find_first_not_of("0123456789");
  if (length == 0 || length == std::string_view::npos || stem[length] != '.')
    return std::nullopt;
  const std::string layer(stem.substr(0, length + 1));
  stem.remove_prefix(length + 1);
  std::optional<std::string> part = lookUp(names, kLayerNames, stem, from);
  if (!part)
    return std::nullopt;
  return std::string(from == Side::Gguf ? kCheckpointPrefix : kGgufPrefix) + layer + *part + end;
}

} // namespace

std::optional<std::string> ggufName(Family family, std::string_view name) {
  return translate(family, name, Side::Checkpoint);
}

std::optional<std::string> checkpointName(Family family, std::string_view name) {
  return translate(family, name, Side::Gguf);
}

} // namespace graphc
