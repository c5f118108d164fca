// What a family provides. One file each; the table is in ModelGraph.cpp.
#ifndef GRAPHC_FRONTEND_MODELS_FAMILIES_H
#define GRAPHC_FRONTEND_MODELS_FAMILIES_H

#include "frontend/models/GraphBuilder.h"

namespace graphc {

struct FamilyGraph {
  /// The weights of a network of the family.
  std::vector<WeightSpec> (*weights)(const ModelConfig &config);
  /// Builds its functions; weights and rope table ("rope") are declared.
  void (*build)(GraphBuilder &builder, const ModelConfig &config);
};

extern const FamilyGraph kLlamaGraph;

} // namespace graphc

#endif // GRAPHC_FRONTEND_MODELS_FAMILIES_H
