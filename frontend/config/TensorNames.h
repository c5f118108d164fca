// What a family's checkpoints call their tensors, without the ".weight" and ".bias" behind.
//
// The defaults are Llama's names, which most families share; a null is a tensor that a family does
// not have.
#ifndef GRAPHC_FRONTEND_CONFIG_TENSORNAMES_H
#define GRAPHC_FRONTEND_CONFIG_TENSORNAMES_H

#include "frontend/config/ModelConfig.h"

namespace graphc {

struct TensorNames {
  const char *embedding = "model.embed_tokens";
  const char *finalNorm = "model.norm";
  const char *head = "lm_head";

  /// What the names of a layer's tensors begin with.
  const char *layer = "model.layers.{layer}.";
  const char *attentionNorm = "input_layernorm";
  const char *q = "self_attn.q_proj";
  const char *k = "self_attn.k_proj";
  const char *v = "self_attn.v_proj";
  /// The rows of q, k and v, one behind the other, instead of the three.
  const char *qkv = nullptr;
  const char *qNorm = "self_attn.q_norm";
  const char *kNorm = "self_attn.k_norm";
  const char *o = "self_attn.o_proj";
  const char *attentionPostNorm = nullptr;
  const char *mlpNorm = "post_attention_layernorm";
  const char *gate = "mlp.gate_proj";
  const char *up = "mlp.up_proj";
  /// The rows of gate and up instead of the two.
  const char *gateUp = nullptr;
  const char *down = "mlp.down_proj";
  const char *mlpPostNorm = nullptr;
};

const TensorNames &tensorNames(Family family);

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_TENSORNAMES_H
