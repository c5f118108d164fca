#include "frontend/gguf/GgufNames.h"

#include <span>

namespace graphc {

namespace {

struct NamePair {
  std::string_view checkpoint;
  std::string_view gguf;
};

/// A name of a layer is `prefix`, its number, a dot and the part.
constexpr NamePair kLayerPrefix = {"model.layers.", "blk."};

constexpr NamePair kModelNames[] = {
    {"model.embed_tokens", "token_embd"}, {"model.norm", "output_norm"}, {"lm_head", "output"}};

constexpr NamePair kLayerParts[] = {
    {"input_layernorm", "attn_norm"},    {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},      {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"}, {"self_attn.q_norm", "attn_q_norm"},
    {"self_attn.k_norm", "attn_k_norm"}, {"self_attn.qkv_proj", "attn_qkv"},
    {"mlp.gate_proj", "ffn_gate"},       {"mlp.up_proj", "ffn_up"},
    {"mlp.gate_up_proj", "ffn_up"},      {"mlp.down_proj", "ffn_down"},
};

/// The norm in front of the MLP is named by its place, which norms behind the blocks change.
constexpr NamePair kPlainNorms[] = {{"post_attention_layernorm", "ffn_norm"}};
constexpr NamePair kPostNorms[] = {{"post_attention_layernorm", "post_attention_norm"},
                                   {"pre_feedforward_layernorm", "ffn_norm"},
                                   {"post_feedforward_layernorm", "post_ffw_norm"}};

using Side = std::string_view NamePair::*;

std::optional<std::string> translate(Family family, std::string_view name, Side from, Side to) {
  const size_t dot = name.rfind('.'); // In front of "weight" or "bias".
  if (dot == std::string_view::npos)
    return std::nullopt;
  const std::string_view end = name.substr(dot);
  std::string_view stem = name.substr(0, dot);
  auto lookUp = [&](std::span<const NamePair> pairs) -> std::optional<std::string> {
    for (const NamePair &pair : pairs) {
      // One GGUF name is of two tensors: which one, the family says.
      const bool isFused = pair.checkpoint == "mlp.gate_up_proj";
      if (pair.gguf == "ffn_up" && isFused != (family == Family::Phi3))
        continue;
      if (pair.*from == stem)
        return std::string(pair.*to);
    }
    return std::nullopt;
  };
  if (std::optional<std::string> found = lookUp(kModelNames))
    return *found + std::string(end);
  const std::string_view prefix = kLayerPrefix.*from;
  if (!stem.starts_with(prefix))
    return std::nullopt;
  stem.remove_prefix(prefix.size());
  const size_t length = stem.find_first_not_of("0123456789");
  if (length == 0 || length == std::string_view::npos || stem[length] != '.')
    return std::nullopt;
  const std::string layer(stem.substr(0, length + 1));
  stem.remove_prefix(length + 1);
  const bool hasPostNorms = family == Family::Gemma2 || family == Family::Gemma3;
  std::optional<std::string> part = lookUp(kLayerParts);
  if (!part)
    part = lookUp(hasPostNorms ? std::span<const NamePair>(kPostNorms) : kPlainNorms);
  if (!part)
    return std::nullopt;
  return std::string(kLayerPrefix.*to) + layer + *part + std::string(end);
}

} // namespace

std::optional<std::string> ggufName(Family family, std::string_view name) {
  return translate(family, name, &NamePair::checkpoint, &NamePair::gguf);
}

std::optional<std::string> checkpointName(Family family, std::string_view name) {
  return translate(family, name, &NamePair::gguf, &NamePair::checkpoint);
}

} // namespace graphc
