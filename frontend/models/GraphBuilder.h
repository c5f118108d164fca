// Small named builders that families are put together from.
//
// A builder stands in one function at a time. Shapes in the comments: T tokens, H query heads, G
// key/value heads, D head_dim, C hidden size, F intermediate size, S cached rows.
#ifndef GRAPHC_FRONTEND_MODELS_GRAPHBUILDER_H
#define GRAPHC_FRONTEND_MODELS_GRAPHBUILDER_H

#include "frontend/config/Rope.h"
#include "frontend/models/ModelGraph.h"
#include "ir/GraphDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

#include <map>

namespace graphc {

/// An attention block: softmax(mask(cap(scale q kᵀ))) v.
struct AttentionSpec {
  int64_t heads = 0;
  int64_t kvHeads = 0;
  int64_t headDim = 0;
  double scale = 1;
  std::optional<double> softCap;
  /// Tokens that a token sees, its own included; none: all before it.
  std::optional<int64_t> window;
  /// Of the norms of queries and keys, if their weights are declared.
  double normEpsilon = 0;
  /// The table's width is how much of a head is rotated.
  llvm::StringRef ropeTable;
};

/// Weights that one kind of layer has under another symbol than the rest: in another form.
using SymbolsOfKind = std::map<std::string, std::string, std::less<>>;

class GraphBuilder {
public:
  explicit GraphBuilder(mlir::ModuleOp module);
  mlir::MLIRContext *context() const { return builder.getContext(); }

  // Weights ------------------------------------------------------------------------------------

  /// Declares a weight: its checkpoint tensor, or rows of it, converted to f32.
  void declareWeight(const WeightSpec &spec, const WeightForm &form);
  /// Declares the table of rotary cosines and sines for `context` positions.
  void declareRopeTable(llvm::StringRef symbol, const RopeFrequencies &frequencies,
                        int64_t context);
  bool hasWeight(llvm::StringRef symbol) const;
  /// Says which weights each kind of layer has, and of which kind each layer is.
  void setKinds(std::vector<SymbolsOfKind> symbols, std::vector<size_t> ofLayer);
  size_t kinds() const { return symbolsOfKind.size(); }
  size_t kindOf(int64_t layer) const { return kindOfLayer[static_cast<size_t>(layer)]; }

  // Functions ----------------------------------------------------------------------------------

  /// Starts `func private @name(%x: tensor<?xC>, %step, %cache, %layer) -> tensor<?xC>`, the
  /// function of one kind of layer; returns %x. Weights are then those of %layer.
  mlir::Value beginLayer(llvm::StringRef name, int64_t hidden, KvCacheType cache, size_t kind);
  /// Starts `func @step(%step) -> tensor<?xwidth>`. Weights are then those of layer 0.
  void beginStep(int64_t width);
  /// Ends the function.
  void finish(mlir::Value result);
  /// In `@step`: calls the layer function for one layer.
  mlir::Value callLayer(llvm::StringRef name, mlir::Value x, KvCacheType cache, int64_t layer);

  // Blocks -------------------------------------------------------------------------------------

  mlir::Value embedding(llvm::StringRef weight);
  mlir::Value rmsNorm(mlir::Value x, llvm::StringRef weight, double epsilon);
  /// With the bias <weight>.bias.
  mlir::Value layerNorm(mlir::Value x, llvm::StringRef weight, double epsilon);
  /// x Wᵀ, plus the weight `<weight>.bias` when there is one.
  mlir::Value linear(mlir::Value x, llvm::StringRef weight);
  mlir::Value add(mlir::Value a, mlir::Value b, llvm::StringRef name);
  mlir::Value activation(HiddenActivation kind, mlir::Value x);
  mlir::Value scale(mlir::Value x, double factor, llvm::StringRef name);
  /// cap * tanh(x / cap)
  mlir::Value softCap(mlir::Value x, double cap, llvm::StringRef name);
  mlir::Value selectRows(mlir::Value x);
  /// down(activation(gate(x)) * up(x)) with the weights <prefix>.gate, .up and .down, or
  /// down(activation(up(x))) where there is no <prefix>.gate.
  mlir::Value mlp(mlir::Value x, llvm::StringRef prefix, HiddenActivation kind);
  /// Causal attention over the cache with rotary positions and grouped heads, with the weights
  /// <prefix>.q, .k, .v and .o; norms of each head where <prefix>.q.norm and .k.norm are declared.
  mlir::Value attention(mlir::Value x, llvm::StringRef prefix, const AttentionSpec &spec);

private:
  mlir::Value param(llvm::StringRef weight);
  mlir::Value sharedParam(llvm::StringRef weight);
  mlir::Value splitHeads(mlir::Value x, int64_t heads, const AttentionSpec &spec,
                         llvm::StringRef name);
  mlir::Value rotate(mlir::Value x, mlir::Value table, llvm::StringRef name);
  mlir::Value attend(mlir::Value q, llvm::StringRef prefix, const AttentionSpec &spec);
  mlir::Value mergeHeads(mlir::Value x, llvm::StringRef name);
  mlir::RankedTensorType f32Tensor(llvm::ArrayRef<int64_t> shape) const;
  mlir::Location named(const llvm::Twine &name) const;

  mlir::ModuleOp module;
  mlir::OpBuilder builder;
  llvm::StringMap<mlir::RankedTensorType> weightTypes;
  std::vector<SymbolsOfKind> symbolsOfKind;
  std::vector<size_t> kindOfLayer;
  const SymbolsOfKind *symbols = nullptr; ///< Of the kind that the function is for.
  mlir::func::FuncOp function;
  mlir::Value step, cache, layer, layerZero;
};

} // namespace graphc

#endif // GRAPHC_FRONTEND_MODELS_GRAPHBUILDER_H
