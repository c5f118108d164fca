// Putting modules of a network into the functions of the graph stage.
#ifndef GRAPHC_FRONTEND_NETWORK_NETWORKWRITER_H
#define GRAPHC_FRONTEND_NETWORK_NETWORKWRITER_H

#include "frontend/network/NetworkGraph.h"
#include "frontend/network/NetworkWeights.h"
#include "ir/GraphDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/SymbolTable.h"

namespace graphc {

/// A function that is being written: `@step`, or that of a repeated module.
struct FunctionState {
  explicit FunctionState(mlir::func::FuncOp function)
      : function(function), builder(mlir::OpBuilder::atBlockEnd(function.addEntryBlock())) {}

  mlir::func::FuncOp function;
  mlir::OpBuilder builder;
  mlir::Value step;
  mlir::Value layer; ///< Of a repeated module.
  mlir::Value zero;  ///< The constant 0, as the layer of weights that are not of one.
  mlir::SmallVector<KvCacheType> caches; ///< Of a repeated module: its last arguments.
};

/// A module that is being put into a function: what its names stand for.
struct ModuleInstance {
  const NetworkModule &module;
  const Scope &scope;
  ModulePlace place;
  std::map<std::string, mlir::Value, std::less<>> values = {};
  mlir::Value cache = {};
};

class NetworkWriter {
public:
  using Values = mlir::SmallVector<mlir::Value>;

  /// Starts `@step` in `module`. `networkScope` has the parameters that all modules see.
  NetworkWriter(mlir::ModuleOp module, const Network &network, const NetworkOptions &options,
                const Scope &networkScope, int64_t context);

  mlir::func::FuncOp stepFunction() const { return stepState.function; }
  /// Where ops are put now.
  mlir::OpBuilder &builder() { return current->builder; }
  /// The step's inputs, where ops are put now.
  mlir::Value step() const { return current->step; }

  /// Puts a module there; `name` is for messages about what it is given.
  Expected<Values> applyModule(ModuleInstance &instance, mlir::ValueRange inputs,
                               const std::string &name);

private:
  mlir::Location named(const ModulePlace &place, const std::string &node);
  Status inFile(const Status &status) const { return status.withContext(network.file); }

  Status checkInputs(const ModuleInstance &instance, mlir::ValueRange inputs) const;
  Status applyNode(ModuleInstance &instance, const NetworkNode &node);
  Expected<Values> valuesOf(ModuleInstance &instance, const NetworkNode &node);
  Expected<Values> applyOperator(ModuleInstance &instance, const NetworkNode &node,
                                 mlir::ValueRange operands);
  Expected<Values> applyNested(ModuleInstance &instance, const NetworkNode &node,
                               mlir::ValueRange operands);
  Expected<Values> applyRepeated(const NetworkNode &node, const Scope &scope,
                                 const ModulePlace &place, mlir::ValueRange operands);
  Status writeLayer(FunctionState &layer, const NetworkNode &node, const Scope &scope,
                    const ModulePlace &place, mlir::TypeRange types);

  Expected<mlir::Value> find(ModuleInstance &instance, const std::string &name);
  Expected<mlir::Value> weight(ModuleInstance &instance, const std::string &name);
  mlir::Value newCache(KvCacheType type);
  mlir::Value zero();

  mlir::ModuleOp module;
  const Network &network;
  const NetworkOptions &options;
  const Scope &networkScope;
  int64_t context;
  FunctionState stepState;
  mlir::SymbolTable symbols; ///< Knows `@step`.
  FunctionState *current = &stepState;
  mlir::Operation *firstFunction;          ///< Weights stand before it.
  std::vector<const NetworkModule *> open; ///< Modules that are being applied.
  size_t nodes = 0;
  int64_t caches = 0; ///< Of `@step`.
};

/// Parameters of the module that `node`, of a module with the scope `outer`, applies. BadInput
/// names the node.
Expected<Scope> scopeOf(const Network &network, const NetworkNode &node, const Scope &outer,
                        const Scope &networkScope);

/// How often a node applies its module; 1 where it does not say.
Expected<int64_t> repeatsOf(const NetworkNode &node, const Scope &scope);

} // namespace graphc

#endif // GRAPHC_FRONTEND_NETWORK_NETWORKWRITER_H
