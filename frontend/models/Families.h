// What the graph of a family is built by; the table is in ModelGraph.cpp.
#ifndef GRAPHC_FRONTEND_MODELS_FAMILIES_H
#define GRAPHC_FRONTEND_MODELS_FAMILIES_H

#include "frontend/models/GraphBuilder.h"

namespace graphc {

struct FamilyGraph {
  /// The weights of a network of the family.
  std::vector<WeightSpec> (*weights)(const ModelConfig &config);
  /// Builds its functions; weights and rope tables are declared.
  void (*build)(GraphBuilder &builder, const ModelConfig &config);
};

/// The tables of rotary positions, that of sliding layers where they have their own.
inline constexpr llvm::StringLiteral kRopeTable = "rope";
inline constexpr llvm::StringLiteral kSlidingRopeTable = "rope.sliding";

extern const FamilyGraph kDecoderGraph;

} // namespace graphc

#endif // GRAPHC_FRONTEND_MODELS_FAMILIES_H
