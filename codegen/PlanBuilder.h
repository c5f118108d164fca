// From the plan stage and its compiled kernels to what a plan file holds: the header, and the
// weights that are to be packed.
#ifndef GRAPHC_CODEGEN_PLANBUILDER_H
#define GRAPHC_CODEGEN_PLANBUILDER_H

#include "codegen/EmitKernels.h"
#include "codegen/pack/Packer.h"
#include "runtime/plan/PlanHeader.h"

namespace graphc {

/// Makes the readers of rows of `value`, a value in the region of `weight`, in one layer. Readers
/// outlive the call and are used from many threads.
struct WeightReaders {
  std::function<RowReader(WeightOp weight, mlir::Value value, int64_t layer)> rows;
  std::function<QuantRowReader(WeightOp weight, mlir::Value value, int64_t layer)> quantRows;
  /// Says what a weight is made of, for PlanWeight::source.
  std::function<std::string(WeightOp weight, int64_t layer)> source;
};

struct PlanContents {
  /// Model, options and sections are left to the caller.
  PlanHeader header;
  /// One per weight of the header, in the same order.
  std::vector<PackJob> jobs;
  /// Size of the weights section.
  uint64_t weightBytes = 0;
};

/// Collects what `module` (plan stage) and its kernels say. Fails with a diagnostic.
mlir::FailureOr<PlanContents> buildPlan(mlir::ModuleOp module, const EmittedKernels &kernels,
                                        const Target &target, const WeightReaders &readers);

} // namespace graphc

#endif // GRAPHC_CODEGEN_PLANBUILDER_H
