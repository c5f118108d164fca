// Decoders with RMSNorm in front of attention and MLP: rotary attention with grouped heads, perhaps
// windows, norms of queries and keys, soft caps; a gated MLP; perhaps norms behind both.
//
// Llama, Mistral, Qwen 2 and 3, Gemma 1 to 3 and Phi-3 differ in what ModelConfig says of them, and
// in the names of a few tensors.
#include "frontend/models/Families.h"

#include "llvm/ADT/StringSet.h"

#include <cmath>

using namespace mlir;

namespace graphc {

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

namespace {

/// The tensors of a layer's norms, whose names say less than they seem to.
struct NormNames {
  const char *attention = "input_layernorm";
  const char *mlp = "post_attention_layernorm";
  const char *afterAttention = nullptr;
  const char *afterMlp = nullptr;
};

constexpr NormNames kNorms;
constexpr NormNames kNormsWithPost = {"input_layernorm", "pre_feedforward_layernorm",
                                      "post_attention_layernorm", "post_feedforward_layernorm"};

/// Lists the weights of a network.
class WeightList {
public:
  explicit WeightList(const ModelConfig &config) : config(config) {}

  std::vector<WeightSpec> build();

private:
  WeightSpec &add(std::string symbol, std::string tensor, std::vector<int64_t> shape) {
    WeightSpec spec{std::move(symbol), std::move(tensor), std::move(shape)};
    return specs.emplace_back(std::move(spec));
  }
  WeightSpec &addLayer(std::string symbol, const std::string &part, std::vector<int64_t> shape) {
    WeightSpec &spec = add(std::move(symbol), "model.layers.{layer}." + part, std::move(shape));
    spec.layers = config.layers;
    return spec;
  }
  void addNorm(std::string symbol, const std::string &part, int64_t width) {
    addLayer(std::move(symbol), part + ".weight", {width}).offset = config.normOffset;
  }
  void addLinear(const std::string &symbol, const std::string &part, int64_t rows, int64_t columns,
                 bool bias) {
    addLayer(symbol, part + ".weight", {rows, columns});
    if (bias)
      addLayer(symbol + ".bias", part + ".bias", {rows});
  }
  /// Linears whose rows stand one behind the other in one tensor.
  void addParts(const std::string &part, int64_t columns,
                std::initializer_list<std::pair<const char *, int64_t>> linears);
  void addAttention();
  void addMlp();

  const ModelConfig &config;
  std::vector<WeightSpec> specs;
};

} // namespace

void WeightList::addParts(const std::string &part, int64_t columns,
                          std::initializer_list<std::pair<const char *, int64_t>> linears) {
  int64_t total = 0;
  for (auto [symbol, rows] : linears)
    total += rows;
  int64_t first = 0;
  for (auto [symbol, rows] : linears) {
    WeightSpec &spec = addLayer(symbol, part + ".weight", {rows, columns});
    spec.firstRow = first;
    spec.tensorRows = total;
    first += rows;
  }
}

void WeightList::addAttention() {
  const int64_t hidden = config.hiddenSize;
  const int64_t q = config.heads * config.headDim, kv = config.kvHeads * config.headDim;
  const bool bias = config.attentionBias || config.qkvBias;
  if (config.family == Family::Phi3) {
    addParts("self_attn.qkv_proj", hidden, {{"attn.q", q}, {"attn.k", kv}, {"attn.v", kv}});
  } else {
    addLinear("attn.q", "self_attn.q_proj", q, hidden, bias);
    addLinear("attn.k", "self_attn.k_proj", kv, hidden, bias);
    addLinear("attn.v", "self_attn.v_proj", kv, hidden, bias);
  }
  addLinear("attn.o", "self_attn.o_proj", hidden, q, config.attentionBias);
  if (!config.queryKeyNorm)
    return;
  addNorm("attn.q.norm", "self_attn.q_norm", config.headDim);
  addNorm("attn.k.norm", "self_attn.k_norm", config.headDim);
}

void WeightList::addMlp() {
  const int64_t hidden = config.hiddenSize, ffn = config.intermediateSize;
  if (config.family == Family::Phi3) {
    addParts("mlp.gate_up_proj", hidden, {{"mlp.gate", ffn}, {"mlp.up", ffn}});
  } else {
    addLinear("mlp.gate", "mlp.gate_proj", ffn, hidden, config.mlpBias);
    addLinear("mlp.up", "mlp.up_proj", ffn, hidden, config.mlpBias);
  }
  addLinear("mlp.down", "mlp.down_proj", hidden, ffn, config.mlpBias);
}

std::vector<WeightSpec> WeightList::build() {
  const int64_t hidden = config.hiddenSize;
  const NormNames &norms = config.postNorms ? kNormsWithPost : kNorms;
  add("embed", "model.embed_tokens.weight", {config.vocabSize, hidden});
  addNorm("attn.norm", norms.attention, hidden);
  addAttention();
  if (config.postNorms)
    addNorm("attn.post_norm", norms.afterAttention, hidden);
  addNorm("mlp.norm", norms.mlp, hidden);
  addMlp();
  if (config.postNorms)
    addNorm("mlp.post_norm", norms.afterMlp, hidden);
  add("norm", "model.norm.weight", {hidden}).offset = config.normOffset;
  if (!config.tiedEmbeddings)
    add("head", "lm_head.weight", {config.vocabSize, hidden});
  return std::move(specs);
}

static std::vector<WeightSpec> decoderWeights(const ModelConfig &config) {
  return WeightList(config).build();
}

//===----------------------------------------------------------------------===//
// Graph
//===----------------------------------------------------------------------===//

namespace {
/// A kind of layer: what its tokens see, and which forms its weights have (GraphBuilder::kinds).
struct LayerKind {
  LayerAttention attention;
  size_t forms;

  /// Of its function.
  std::string name() const {
    std::string name = attention == LayerAttention::Full ? "decoder" : "decoder_sliding";
    return forms == 0 ? name : name + "_" + std::to_string(forms + 1);
  }
};
} // namespace

static AttentionSpec attentionOf(const ModelConfig &config, LayerAttention kind) {
  const double scalar = config.queryPreAttentionScalar > 0 ? config.queryPreAttentionScalar
                                                           : static_cast<double>(config.headDim);
  AttentionSpec spec;
  spec.heads = config.heads;
  spec.kvHeads = config.kvHeads;
  spec.headDim = config.headDim;
  spec.scale = 1.0 / std::sqrt(scalar);
  spec.softCap = config.attentionSoftCap;
  spec.normEpsilon = config.normEpsilon;
  const bool slides = kind == LayerAttention::Sliding;
  if (slides)
    spec.window = config.slidingWindow;
  spec.ropeTable = slides && config.slidingRope ? kSlidingRopeTable : kRopeTable;
  return spec;
}

static void buildLayer(GraphBuilder &builder, const ModelConfig &config, const LayerKind &kind,
                       KvCacheType cache) {
  Value x = builder.beginLayer(kind.name(), config.hiddenSize, cache, kind.forms);
  // x + f(norm(x)), with a norm of f's result if the family has one.
  auto block = [&](StringRef prefix, function_ref<Value(Value)> compute) {
    auto name = [&](StringRef part) { return (prefix + "." + part).str(); };
    Value y = compute(builder.rmsNorm(x, name("norm"), config.normEpsilon));
    if (config.postNorms)
      y = builder.rmsNorm(y, name("post_norm"), config.normEpsilon);
    x = builder.add(x, y, name("residual"));
  };
  block("attn", [&](Value normed) {
    return builder.attention(normed, "attn", attentionOf(config, kind.attention));
  });
  block("mlp", [&](Value normed) { return builder.gatedMlp(normed, "mlp", config.activation); });
  builder.finish(x);
}

static void buildDecoder(GraphBuilder &builder, const ModelConfig &config) {
  MLIRContext *context = builder.context();
  auto cache = KvCacheType::get(context, config.kvHeads, config.headDim, Float32Type::get(context));
  auto kindOf = [&](int64_t layer) {
    return LayerKind{config.attentionOf(layer), builder.kindOf(layer)};
  };
  llvm::StringSet<> built;
  for (int64_t layer = 0; layer < config.layers; ++layer)
    if (built.insert(kindOf(layer).name()).second)
      buildLayer(builder, config, kindOf(layer), cache);

  builder.beginStep(config.vocabSize);
  Value x = builder.embedding("embed");
  if (config.embeddingScale != 1)
    x = builder.scale(x, config.embeddingScale, "embed.scale");
  for (int64_t layer = 0; layer < config.layers; ++layer)
    x = builder.callLayer(kindOf(layer).name(), x, cache, layer);
  x = builder.selectRows(x);
  x = builder.rmsNorm(x, "norm", config.normEpsilon);
  x = builder.linear(x, config.tiedEmbeddings ? "embed" : "head");
  if (config.logitSoftCap)
    x = builder.softCap(x, *config.logitSoftCap, "head.cap");
  builder.finish(x);
}

const FamilyGraph kDecoderGraph = {decoderWeights, buildDecoder};

} // namespace graphc
