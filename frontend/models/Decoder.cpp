// Llama 1, 2, 3, 3.1, 3.2: pre-norm blocks, rotary attention with grouped heads, gated MLP.
#include "frontend/models/Families.h"

using namespace mlir;

namespace graphc {

static std::vector<WeightSpec> llamaWeights(const ModelConfig &config) {
  int64_t hidden = config.hiddenSize, ffn = config.intermediateSize;
  int64_t q = config.heads * config.headDim, kv = config.kvHeads * config.headDim;
  std::vector<WeightSpec> specs;
  auto add = [&](const char *symbol, const char *tensor, std::vector<int64_t> shape) {
    specs.push_back({symbol, tensor, std::move(shape), 1});
  };
  auto addLayer = [&](std::string symbol, const std::string &part, std::vector<int64_t> shape) {
    specs.push_back(
        {std::move(symbol), "model.layers.{layer}." + part, std::move(shape), config.layers});
  };
  auto addLinear = [&](const std::string &symbol, const std::string &part, int64_t rows,
                       int64_t columns, bool bias) {
    addLayer(symbol, part + ".weight", {rows, columns});
    if (bias)
      addLayer(symbol + ".bias", part + ".bias", {rows});
  };
  add("embed", "model.embed_tokens.weight", {config.vocabSize, hidden});
  addLayer("attn.norm", "input_layernorm.weight", {hidden});
  addLinear("attn.q", "self_attn.q_proj", q, hidden, config.attentionBias);
  addLinear("attn.k", "self_attn.k_proj", kv, hidden, config.attentionBias);
  addLinear("attn.v", "self_attn.v_proj", kv, hidden, config.attentionBias);
  addLinear("attn.o", "self_attn.o_proj", hidden, q, config.attentionBias);
  addLayer("mlp.norm", "post_attention_layernorm.weight", {hidden});
  addLinear("mlp.gate", "mlp.gate_proj", ffn, hidden, config.mlpBias);
  addLinear("mlp.up", "mlp.up_proj", ffn, hidden, config.mlpBias);
  addLinear("mlp.down", "mlp.down_proj", hidden, ffn, config.mlpBias);
  add("norm", "model.norm.weight", {hidden});
  if (!config.tiedEmbeddings)
    add("head", "lm_head.weight", {config.vocabSize, hidden});
  return specs;
}

static void buildLlama(GraphBuilder &builder, const ModelConfig &config) {
  MLIRContext *context = builder.context();
  auto cache = KvCacheType::get(context, config.kvHeads, config.headDim, Float32Type::get(context));

  Value x = builder.beginLayer("decoder", config.hiddenSize, cache);
  Value normed = builder.rmsNorm(x, "attn.norm", config.normEpsilon);
  Value attended =
      builder.attention(normed, "attn", {config.heads, config.kvHeads, config.headDim}, "rope");
  x = builder.add(x, attended, "attn.residual");
  normed = builder.rmsNorm(x, "mlp.norm", config.normEpsilon);
  Value mixed = builder.gatedMlp(normed, "mlp", config.activation);
  builder.finish(builder.add(x, mixed, "mlp.residual"));

  builder.beginStep(config.vocabSize);
  x = builder.embedding("embed");
  for (int64_t layer = 0; layer < config.layers; ++layer)
    x = builder.callLayer("decoder", x, cache, layer);
  x = builder.selectRows(x);
  x = builder.rmsNorm(x, "norm", config.normEpsilon);
  builder.finish(builder.linear(x, config.tiedEmbeddings ? "embed" : "head"));
}

const FamilyGraph kLlamaGraph = {llamaWeights, buildLlama};

} // namespace graphc
