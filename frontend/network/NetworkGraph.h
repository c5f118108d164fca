// From a network's description to the graph stage.
#ifndef GRAPHC_FRONTEND_NETWORK_NETWORKGRAPH_H
#define GRAPHC_FRONTEND_NETWORK_NETWORKGRAPH_H

#include "frontend/network/NetworkFile.h"
#include "runtime/base/ElementType.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <functional>
#include <map>
#include <string>

namespace graphc {

struct NetworkOptions {
  /// Module to build, or the way to one from the file's entry, by nodes and numbers of repeated
  /// ones
  /// ("layers.0.attention"), from which its tensors have their names; empty: the file's entry.
  std::string entry;
  std::map<std::string, Quantity> parameters; ///< Of the network or of the entry.
  int64_t context = 0;                        ///< 0: the file's, else `defaultContext`.
  int64_t defaultContext = 0;
  int64_t maxTokens = 0; ///< Upper bound of the tokens of a step.
  /// The type that a checkpoint tensor is stored as.
  std::function<ElementType(const std::string &tensor)> storedType;
};

/// Name of the attribute of graphc.checkpoint that says what a tensor is made of where there is no
/// checkpoint: "ones", "zeros" or "normal(0.02)".
inline constexpr char kInitAttrName[] = "graphc.init";

/// Builds the entry as a module of the graph stage: weights, a function for each repeated module,
/// and `@step`. An entry without inputs is given tokens; one with one input of [T, K] is given rows
/// of numbers (graphc.input_rows). Its output [T, N] or [R, N] is the result, rows that are not
/// selected yet are selected last.
///
/// A weight's tensor is named after the nodes that lead to it: "layers.{layer}.attention.q.weight"
/// for the weight `weight` of the module applied by node `q`, in that of `attention`, in the
/// repeated one of `layers`.
///
/// The module carries graphc.stage, graphc.model, graphc.max_tokens, graphc.context, graphc.batch,
/// and graphc.part if the entry is not the file's: a checkpoint may then have other tensors. Errors
/// name the node: "net.json: modules.Attention.nodes[3] 'scores': ..".
Expected<mlir::OwningOpRef<mlir::ModuleOp>> buildNetworkGraph(mlir::MLIRContext &context,
                                                              const Network &network,
                                                              const NetworkOptions &options);

} // namespace graphc

#endif // GRAPHC_FRONTEND_NETWORK_NETWORKGRAPH_H
