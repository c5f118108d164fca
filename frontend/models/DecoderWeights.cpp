// The weights of a decoder, in the order of the graph.
#include "frontend/config/TensorNames.h"
#include "frontend/models/Decoder.h"

namespace graphc {

namespace {

/// Rows of one tensor that are a weight of their own.
struct Part {
  const char *symbol;
  const char *tensor;
  int64_t rows;
};

class WeightList {
public:
  explicit WeightList(const ModelConfig &config)
      : config(config), names(tensorNames(config.family)) {}

  std::vector<WeightSpec> build();

private:
  void add(const std::string &symbol, const std::string &tensor, std::vector<int64_t> shape) {
    WeightSpec &spec = specs.emplace_back();
    spec.symbol = symbol;
    spec.tensor = config.tensorPrefix + tensor;
    spec.shape = std::move(shape);
    const bool ofLayer = tensor.find("{layer}") != std::string::npos;
    spec.layers = ofLayer ? config.layers : 1;
  }
  std::string inLayer(const char *tensor) const { return std::string(names.layer) + tensor; }

  void addNorm(const std::string &symbol, const std::string &tensor, int64_t width) {
    add(symbol, tensor + ".weight", {width});
    specs.back().offset = config.form.normOffset;
    if (config.form.norm == NormKind::Layer)
      add(symbol + ".bias", tensor + ".bias", {width});
  }
  void addLinear(const std::string &symbol, const std::string &tensor, int64_t rows,
                 int64_t columns, bool bias) {
    add(symbol, tensor + ".weight", {rows, columns});
    if (bias)
      add(symbol + ".bias", tensor + ".bias", {rows});
  }
  /// Linears of the same input: each a tensor, or, one behind the other, rows of `joined`.
  void addLinears(const char *joined, std::initializer_list<Part> parts, int64_t columns,
                  bool bias);
  void addAttention();
  void addMlp();
  void addHead();

  const ModelConfig &config;
  const TensorNames &names;
  std::vector<WeightSpec> specs;
};

} // namespace

void WeightList::addLinears(const char *joined, std::initializer_list<Part> parts, int64_t columns,
                            bool bias) {
  int64_t total = 0;
  for (const Part &part : parts)
    total += part.rows;
  int64_t first = 0;
  for (const Part &part : parts) {
    const size_t begin = specs.size();
    addLinear(part.symbol, inLayer(joined ? joined : part.tensor), part.rows, columns, bias);
    if (!joined)
      continue;
    for (size_t i = begin; i < specs.size(); ++i) {
      specs[i].firstRow = first;
      specs[i].tensorRows = total;
    }
    first += part.rows;
  }
}

void WeightList::addAttention() {
  const int64_t q = config.heads * config.headDim, kv = config.kvHeads * config.headDim;
  const bool bias = config.attentionBias || config.form.allBiases;
  addLinears(names.qkv, {{"attn.q", names.q, q}, {"attn.k", names.k, kv}, {"attn.v", names.v, kv}},
             config.hiddenSize, bias || config.form.qkvBias);
  if (config.form.queryKeyNorm) {
    addNorm("attn.q.norm", inLayer(names.qNorm), config.headDim);
    addNorm("attn.k.norm", inLayer(names.kNorm), config.headDim);
  }
  addLinear("attn.o", inLayer(names.o), config.hiddenSize, q, bias);
}

void WeightList::addMlp() {
  const int64_t hidden = config.hiddenSize, inner = config.intermediateSize;
  const bool bias = config.mlpBias || config.form.allBiases;
  if (config.form.gatedMlp)
    addLinears(names.gateUp, {{"mlp.gate", names.gate, inner}, {"mlp.up", names.up, inner}}, hidden,
               bias);
  else
    addLinear("mlp.up", inLayer(names.up), inner, hidden, bias);
  addLinear("mlp.down", inLayer(names.down), hidden, inner, bias);
}

/// A head that is the embedding may still have a bias of its own.
void WeightList::addHead() {
  const std::string head = names.head;
  if (!config.tiedEmbeddings)
    add("head", head + ".weight", {config.vocabSize, config.hiddenSize});
  if (config.form.allBiases)
    add(std::string(headSymbol(config)) + ".bias", head + ".bias", {config.vocabSize});
}

std::vector<WeightSpec> WeightList::build() {
  const int64_t hidden = config.hiddenSize;
  add("embed", std::string(names.embedding) + ".weight", {config.vocabSize, hidden});
  addNorm("attn.norm", inLayer(names.attentionNorm), hidden);
  addAttention();
  if (config.form.postNorms)
    addNorm("attn.post_norm", inLayer(names.attentionPostNorm), hidden);
  if (!config.form.parallel)
    addNorm("mlp.norm", inLayer(names.mlpNorm), hidden);
  addMlp();
  if (config.form.postNorms)
    addNorm("mlp.post_norm", inLayer(names.mlpPostNorm), hidden);
  addNorm("norm", names.finalNorm, hidden);
  addHead();
  return std::move(specs);
}

llvm::StringRef headSymbol(const ModelConfig &config) {
  return config.tiedEmbeddings ? "embed" : "head";
}

std::vector<WeightSpec> decoderWeights(const ModelConfig &config) {
  return WeightList(config).build();
}

} // namespace graphc
