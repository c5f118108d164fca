// The network that all families are a form of: a decoder of equal layers, each with attention and
// an MLP around a residual stream.
//
//   x = embedding * c
//   for each layer:  x = x + post(attention(norm(x)))
//                    x = x + post(mlp(norm(x)))        parallel: the norm is the former
//   logits = cap(head(norm(x)))
//
// What of this a family has, and by which settings, is in ModelConfig.
#ifndef GRAPHC_FRONTEND_MODELS_DECODER_H
#define GRAPHC_FRONTEND_MODELS_DECODER_H

#include "frontend/models/GraphBuilder.h"

namespace graphc {

/// The weights of the network, with the family's names.
std::vector<WeightSpec> decoderWeights(const ModelConfig &config);

/// The weight that the head multiplies with; its bias, where there is one, is <symbol>.bias.
llvm::StringRef headSymbol(const ModelConfig &config);

/// Builds the functions of the network. Its weights are declared; the rope tables are not.
void buildDecoder(GraphBuilder &builder, const ModelConfig &config, int64_t context);

} // namespace graphc

#endif // GRAPHC_FRONTEND_MODELS_DECODER_H
