// From a configuration to the un-fused graph of the network.
//
// All families are forms of one network (Decoder.h), put together from the blocks of
// GraphBuilder.h; docs/families.md says how to add one.
#ifndef GRAPHC_FRONTEND_MODELS_MODELGRAPH_H
#define GRAPHC_FRONTEND_MODELS_MODELGRAPH_H

#include "frontend/config/ModelConfig.h"
#include "ir/QuantFormat.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <functional>
#include <string>
#include <vector>

namespace graphc {

/// A weight of a network: a tensor of the checkpoint, or some rows of one, for each of `layers`
/// layers.
struct WeightSpec {
  std::string symbol; ///< In the graph: "attn.q".
  std::string tensor; ///< In the checkpoint: "model.layers.{layer}.self_attn.q_proj.weight".
  std::vector<int64_t> shape; ///< Of the weight.
  int64_t layers = 1;
  int64_t firstRow = 0;   ///< Of the tensor, where the weight begins.
  int64_t tensorRows = 0; ///< 0: the tensor has no others.
  double offset = 0;      ///< Added to every number.

  /// The tensor's name in one layer.
  std::string tensorName(int64_t layer) const;
  /// The shape of the whole tensor.
  std::vector<int64_t> tensorShape() const;
};

/// What a checkpoint tensor is stored as.
struct WeightForm {
  ElementType type = ElementType::F32;
  std::optional<QuantFormat> quant = {}; ///< Of numbers that share scales, instead.

  bool operator==(const WeightForm &) const = default;
};

struct GraphOptions {
  std::string name;      ///< For people; kept as the module's attribute graphc.model.
  int64_t context = 0;   ///< Positions that a sequence may have: rows of the rope table.
  int64_t maxTokens = 0; ///< Upper bound of the tokens of a step.
  std::function<WeightForm(const std::string &tensor)> formOf;
};

/// The weights that the network needs, in the order of the graph.
std::vector<WeightSpec> modelWeights(const ModelConfig &config);

/// Builds the graph stage: `graphc.weight`s, one function per kind of layer, and `@step`. Layers
/// whose tensors are stored in different forms are of different kinds, with weights of their own.
///
/// All values are f32. The module carries what later stages need to know: graphc.stage,
/// graphc.model, graphc.max_tokens and graphc.context.
mlir::OwningOpRef<mlir::ModuleOp>
buildModelGraph(mlir::MLIRContext &context, const ModelConfig &config, const GraphOptions &options);

} // namespace graphc

#endif // GRAPHC_FRONTEND_MODELS_MODELGRAPH_H
