#include "frontend/gguf/GgufNames.h"

#include <gtest/gtest.h>

using namespace graphc;

namespace {
struct Pair {
  Family family;
  const char *checkpoint;
  const char *gguf;
};

const Pair kPairs[] = {
    {Family::Llama, "model.embed_tokens.weight", "token_embd.weight"},
    {Family::Llama, "model.norm.weight", "output_norm.weight"},
    {Family::Llama, "lm_head.weight", "output.weight"},
    {Family::Llama, "model.layers.0.self_attn.q_proj.weight", "blk.0.attn_q.weight"},
    {Family::Llama, "model.layers.79.self_attn.k_proj.weight", "blk.79.attn_k.weight"},
    {Family::Llama, "model.layers.1.self_attn.o_proj.weight", "blk.1.attn_output.weight"},
    {Family::Llama, "model.layers.1.input_layernorm.weight", "blk.1.attn_norm.weight"},
    {Family::Llama, "model.layers.1.post_attention_layernorm.weight", "blk.1.ffn_norm.weight"},
    {Family::Llama, "model.layers.1.mlp.gate_proj.weight", "blk.1.ffn_gate.weight"},
    {Family::Llama, "model.layers.1.mlp.up_proj.weight", "blk.1.ffn_up.weight"},
    {Family::Llama, "model.layers.1.mlp.down_proj.weight", "blk.1.ffn_down.weight"},
    {Family::Qwen2, "model.layers.1.self_attn.v_proj.bias", "blk.1.attn_v.bias"},
    {Family::Qwen3, "model.layers.1.self_attn.q_norm.weight", "blk.1.attn_q_norm.weight"},
    {Family::Qwen3, "model.layers.1.self_attn.k_norm.weight", "blk.1.attn_k_norm.weight"},
    {Family::Gemma, "model.layers.1.post_attention_layernorm.weight", "blk.1.ffn_norm.weight"},
    {Family::Gemma2, "model.layers.1.post_attention_layernorm.weight",
     "blk.1.post_attention_norm.weight"},
    {Family::Gemma2, "model.layers.1.pre_feedforward_layernorm.weight", "blk.1.ffn_norm.weight"},
    {Family::Gemma3, "model.layers.1.post_feedforward_layernorm.weight",
     "blk.1.post_ffw_norm.weight"},
    {Family::Phi3, "model.layers.1.self_attn.qkv_proj.weight", "blk.1.attn_qkv.weight"},
    {Family::Phi, "model.final_layernorm.bias", "output_norm.bias"},
    {Family::Phi, "model.layers.1.self_attn.dense.weight", "blk.1.attn_output.weight"},
    {Family::Phi, "model.layers.1.mlp.fc1.bias", "blk.1.ffn_up.bias"},
    {Family::Phi, "model.layers.1.mlp.fc2.weight", "blk.1.ffn_down.weight"},
    {Family::Phi3, "model.layers.1.mlp.gate_up_proj.weight", "blk.1.ffn_up.weight"},
};
} // namespace

TEST(GgufNames, AreTranslatedBothWays) {
  for (const Pair &pair : kPairs) {
    EXPECT_EQ(ggufName(pair.family, pair.checkpoint), pair.gguf);
    EXPECT_EQ(checkpointName(pair.family, pair.gguf), pair.checkpoint);
  }
}

TEST(GgufNames, OthersHaveNone) {
  for (const char *name :
       {"", ".", "weight", "blk.0", "blk..attn_q.weight", "blk.x.attn_q.weight", "blk.0.weight",
        "blk.0.attn_x.weight", "blk.0.attn_q", "rope_freqs.weight", "blk.0x.attn_q.weight",
        "blk.0.ffn_gate_exps.weight", "model.norm.weight"})
    EXPECT_EQ(checkpointName(Family::Llama, name), std::nullopt) << name;
  EXPECT_EQ(ggufName(Family::Llama, "model.layers.0.mlp.gate_up_proj.weight"), std::nullopt);
  EXPECT_EQ(ggufName(Family::Phi3, "model.layers.0.mlp.up_proj.weight"), std::nullopt);
}
