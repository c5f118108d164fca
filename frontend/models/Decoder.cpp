#include "frontend/models/Decoder.h"

#include "frontend/config/Rope.h"

#include "llvm/ADT/StringSet.h"

#include <cmath>

using namespace mlir;

namespace graphc {

/// The tables of rotary positions, that of sliding layers where they have their own.
static constexpr StringLiteral kRopeTable = "rope";
static constexpr StringLiteral kSlidingRopeTable = "rope.sliding";

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

class DecoderBuilder {
public:
  DecoderBuilder(GraphBuilder &builder, const ModelConfig &config, int64_t context)
      : builder(builder), config(config), context(context),
        hidesTokens(config.slidingWindow && *config.slidingWindow < context),
        cache(KvCacheType::get(builder.context(), config.kvHeads, config.headDim,
                               Float32Type::get(builder.context()))) {}

  void build();

private:
  LayerKind kindOf(int64_t layer) const;
  AttentionSpec attentionSpec(LayerAttention attention) const;
  Value norm(Value x, StringRef weight) const;
  void declareRope(StringRef symbol, const RopeConfig &rope) const;
  void buildLayer(const LayerKind &kind);
  void buildStep();

  GraphBuilder &builder;
  const ModelConfig &config;
  int64_t context;
  /// A window as wide as the context hides nothing.
  bool hidesTokens;
  KvCacheType cache;
};

} // namespace

/// Layers that slide are of the other kind unless something tells them apart.
LayerKind DecoderBuilder::kindOf(int64_t layer) const {
  const bool differs = hidesTokens || config.slidingRope;
  return {differs ? config.attentionOf(layer) : LayerAttention::Full, builder.kindOf(layer)};
}

AttentionSpec DecoderBuilder::attentionSpec(LayerAttention attention) const {
  const double scalar = config.queryPreAttentionScalar > 0 ? config.queryPreAttentionScalar
                                                           : static_cast<double>(config.headDim);
  AttentionSpec spec;
  spec.heads = config.heads;
  spec.kvHeads = config.kvHeads;
  spec.headDim = config.headDim;
  spec.scale = 1.0 / std::sqrt(scalar);
  spec.softCap = config.attentionSoftCap;
  spec.normEpsilon = config.normEpsilon;
  const bool slides = attention == LayerAttention::Sliding;
  if (slides && hidesTokens)
    spec.window = config.slidingWindow;
  spec.ropeTable = slides && config.slidingRope ? kSlidingRopeTable : kRopeTable;
  return spec;
}

Value DecoderBuilder::norm(Value x, StringRef weight) const {
  return config.form.norm == NormKind::Rms ? builder.rmsNorm(x, weight, config.normEpsilon)
                                           : builder.layerNorm(x, weight, config.normEpsilon);
}

void DecoderBuilder::declareRope(StringRef symbol, const RopeConfig &rope) const {
  builder.declareRopeTable(symbol, ropeFrequencies(config, rope, context), context);
}

void DecoderBuilder::buildLayer(const LayerKind &kind) {
  const BlockForm &form = config.form;
  auto postNorm = [&](Value x, StringRef weight) { return form.postNorms ? norm(x, weight) : x; };

  Value x = builder.beginLayer(kind.name(), config.hiddenSize, cache, kind.forms);
  Value input = norm(x, "attn.norm");
  Value attended = builder.attention(input, "attn", attentionSpec(kind.attention));
  x = builder.add(x, postNorm(attended, "attn.post_norm"), "attn.residual");
  if (!form.parallel)
    input = norm(x, "mlp.norm");
  Value mixed = builder.mlp(input, "mlp", config.activation);
  builder.finish(builder.add(x, postNorm(mixed, "mlp.post_norm"), "mlp.residual"));
}

void DecoderBuilder::buildStep() {
  builder.beginStep(config.vocabSize);
  Value x = builder.embedding("embed");
  if (config.form.scaledEmbedding)
    x = builder.scale(x, std::sqrt(static_cast<double>(config.hiddenSize)), "embed.scale");
  for (int64_t layer = 0; layer < config.layers; ++layer)
    x = builder.callLayer(kindOf(layer).name(), x, cache, layer);
  x = builder.selectRows(x);
  x = norm(x, "norm");
  x = builder.linear(x, headSymbol(config));
  if (config.logitSoftCap)
    x = builder.softCap(x, *config.logitSoftCap, "head.cap");
  builder.finish(x);
}

void DecoderBuilder::build() {
  declareRope(kRopeTable, config.rope);
  if (config.slidingRope)
    declareRope(kSlidingRopeTable, *config.slidingRope);
  llvm::StringSet<> built;
  for (int64_t layer = 0; layer < config.layers; ++layer)
    if (built.insert(kindOf(layer).name()).second)
      buildLayer(kindOf(layer));
  buildStep();
}

void buildDecoder(GraphBuilder &builder, const ModelConfig &config, int64_t context) {
  DecoderBuilder(builder, config, context).build();
}

} // namespace graphc
