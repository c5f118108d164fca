#include "GenericFixture.h"

namespace graphc::test {

int64_t sumLengthOf(KernelOp kernel, const StepDims &extents) {
  mlir::Operation *op = kernel.getComputedOp();
  size_t axis = 0;
  if (auto softmax = llvm::dyn_cast<SoftmaxOp>(op))
    axis = softmax.getAxis();
  else if (llvm::isa<MatmulOp, BatchMatmulOp, MeanOp, RmsNormOp, LayerNormOp, NormAddOp,
                     PrepareRowsOp>(op))
    axis = size_t(llvm::cast<mlir::RankedTensorType>(op->getOperand(0).getType()).getRank() - 1);
  else
    return 1;
  mlir::FailureOr<SymbolicDims> dims = kernelDims(kernel);
  return mlir::succeeded(dims) ? extents(dims->get(op->getOperand(0))[axis]) : 1;
}

} // namespace graphc::test
