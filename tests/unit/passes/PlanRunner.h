// Runs a plan with the reference's kernels, in an arena where a buffer is lost as soon as another
// one is written over it: what a wrong memory plan does to a computation.
#ifndef GRAPHC_TESTS_UNIT_PASSES_PLANRUNNER_H
#define GRAPHC_TESTS_UNIT_PASSES_PLANRUNNER_H

#include "ir/reference/Evaluator.h"
#include "passes/analysis/PlanBuffers.h"

namespace graphc {

class PlanRunner {
public:
  /// Both must outlive this.
  PlanRunner(mlir::ModuleOp module, const WeightSource &weights);

  /// The step's result. Internal when a dispatch reads a buffer that has been overwritten.
  Expected<Tensor> runStep(const StepData &step, KvStore &cache);

private:
  Expected<RuntimeValue> valueOf(mlir::Attribute binding, int64_t buffer, llvm::ArrayRef<Dim> dims,
                                 const StepDims &extents);
  void write(int64_t buffer, TensorPtr value);

  PlanOp plan;
  mlir::SymbolTable symbols;
  const WeightSource &weights;
  Evaluator evaluator;
  PlanBuffers buffers;
  std::vector<TensorPtr> contents; ///< Of every buffer; null when not written or overwritten.
  std::map<std::pair<std::string, int64_t>, TensorPtr> params;
};

} // namespace graphc

#endif // GRAPHC_TESTS_UNIT_PASSES_PLANRUNNER_H
