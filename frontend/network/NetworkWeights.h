// The weights of a network's modules as graphc.weight.
#ifndef GRAPHC_FRONTEND_NETWORK_NETWORKWEIGHTS_H
#define GRAPHC_FRONTEND_NETWORK_NETWORKWEIGHTS_H

#include "frontend/network/NetworkGraph.h"
#include "ir/GraphDialect.h"

namespace graphc {

/// Where a module stands: names of its weights begin with it.
struct ModulePlace {
  std::string path;    ///< Of nodes: "layers.attention"; empty for the entry.
  std::string tensors; ///< The same with the layer: "layers.{layer}.attention".
  int64_t layers = 1;  ///< Of the repeated module that it is in.

  /// That of the module that a node in it applies, `times` times if that is not 0.
  ModulePlace inside(const std::string &node, int64_t times = 0) const;
};

/// Builds a weight at no place yet: the caller puts it into the module. Its expression is a
/// checkpoint tensor in f32, or a table of rotary positions for `context` of them. BadInput for a
/// shape or an "init" that is none.
///
/// A weight has a tensor for each layer if its tensor's name has `{layer}` in it.
Expected<WeightOp> buildNetworkWeight(mlir::MLIRContext *context, const std::string &name,
                                      const NetworkWeight &weight, const Scope &scope,
                                      const ModulePlace &place, const NetworkOptions &options,
                                      int64_t contextLength);

} // namespace graphc

#endif // GRAPHC_FRONTEND_NETWORK_NETWORKWEIGHTS_H
