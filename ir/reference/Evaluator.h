// Evaluator: the meaning of the dialect in code, slow and exact. Functions of the stages graph and
// fused, and kernels of the stage plan, run op by op: every result is computed in f64 and rounded
// once to its element type. It is what fusions, kernels and passes are compared with.
//
//   Evaluator evaluator(module, &weights);
//   KvStore cache;
//   Expected<Tensor> logits = evaluator.runStep(StepData::make({{1, 2, 3}}, {0}), cache);
#ifndef GRAPHC_IR_REFERENCE_EVALUATOR_H
#define GRAPHC_IR_REFERENCE_EVALUATOR_H

#include "ir/GraphDialect.h"
#include "ir/WeightSource.h"
#include "ir/reference/KvStore.h"
#include "ir/reference/StepData.h"
#include "ir/reference/Tensor.h"
#include "runtime/base/Status.h"

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <string>
#include <variant>

namespace graphc {

/// The cache of a layer, as a value.
struct CacheRef {
  int64_t layer;
};

/// The step's inputs, as a value.
struct StepRef {};

/// What an SSA value stands for while a function runs: a tensor, a cache, the step, or an index.
using RuntimeValue = std::variant<std::monostate, TensorPtr, CacheRef, StepRef, int64_t>;

class Evaluator {
public:
  /// `weights` may be null when no function that runs reads a `param`. Both must outlive this.
  Evaluator(mlir::ModuleOp module, const WeightSource *weights)
      : module(module), weights(weights) {}

  /// Runs @step: the network's result for the wanted rows. Rows that the step appends go to
  /// `cache`.
  Expected<Tensor> runStep(const StepData &step, KvStore &cache);

  /// Runs one function or kernel. `arguments` has a value for each argument: tensors (with the
  /// extents of this step in place of `?`), caches, the step, indices. Returns its results. Usage
  /// when an argument does not fit its type, Unsupported for an op that has no meaning here.
  Expected<std::vector<TensorPtr>> run(mlir::FunctionOpInterface function,
                                       llvm::ArrayRef<RuntimeValue> arguments, const StepData &step,
                                       KvStore &cache);

private:
  Expected<TensorPtr> readParam(llvm::StringRef name, int64_t layer);

  friend class FunctionRun;
  mlir::ModuleOp module;
  const WeightSource *weights;
  /// Weights that have been evaluated, by symbol and layer.
  std::map<std::pair<std::string, int64_t>, TensorPtr> params;
};

} // namespace graphc

#endif // GRAPHC_IR_REFERENCE_EVALUATOR_H
