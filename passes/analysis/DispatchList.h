// A step as a flat list: which op runs after which, for which layer, on what.
//
// The walk follows the calls of @step into the functions of the layers without copying them: an op
// of a layer is listed once per call, and what differs between the calls (weights, cache, buffers)
// is in the places of its operands.
#ifndef GRAPHC_PASSES_ANALYSIS_DISPATCHLIST_H
#define GRAPHC_PASSES_ANALYSIS_DISPATCHLIST_H

#include "ir/GraphDialect.h"
#include "ir/SymbolicDims.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <optional>
#include <vector>

namespace graphc {

/// Where a value is during a step.
struct Place {
  enum class Kind {
    Buffer,   ///< the buffer of number `index`
    Weight,   ///< the weight `symbol` of layer `index`
    Constant, ///< the number of the constant op `constant`
    Kv,       ///< the cache of layer `index`
    Step,     ///< the inputs of the step
    Number,   ///< the number `index` itself (a layer)
  };
  Kind kind = Kind::Step;
  int64_t index = 0;
  mlir::FlatSymbolRefAttr symbol;
  ConstantOp constant;
};

/// One execution of an op.
struct DispatchRecord {
  mlir::Operation *op = nullptr;
  std::optional<int64_t> layer; ///< Of the innermost call that names one.
  llvm::SmallVector<Place> operands;
  llvm::SmallVector<Place> results;
};

/// A result of a dispatch, and what reshapes see of it.
struct BufferRecord {
  uint64_t bytes = 0; ///< With every dynamic dimension at its bound.
};

struct DispatchList {
  std::vector<DispatchRecord> dispatches;
  std::vector<BufferRecord> buffers;
  int64_t resultBuffer = 0; ///< What the step returns.

  /// Lists what `step` does. `bounds` are the largest values of T, R and S. Fails with a
  /// diagnostic at ops that are no part of a network and at sizes that do not fit.
  static llvm::FailureOr<DispatchList> build(mlir::func::FuncOp step, const SymbolicDims &dims,
                                             const StepDims &bounds);
};

/// Whether a reshape between these dimensions leaves every number where it is, in buffers with
/// dynamic dimensions at their bounds: static extents are regrouped only between the same symbols.
bool keepsLayout(llvm::ArrayRef<Dim> from, llvm::ArrayRef<Dim> to);

} // namespace graphc

#endif // GRAPHC_PASSES_ANALYSIS_DISPATCHLIST_H
