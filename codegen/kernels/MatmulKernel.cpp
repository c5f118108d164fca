// The matmul family: linear, fused_linear and fused_qkv over packed weights.
//
// A task is a panel of 32 output channels, or for fused_qkv the panels of one head. See
// MicroKernel.h for the product, MatmulLoops.h for the order of the work and the classes of T,
// MatmulEpilogue.h for what happens to the sums.
#include "codegen/kernels/KernelEmitter.h"
#include "codegen/kernels/MatmulLoops.h"
#include "codegen/kernels/VectorAccess.h"
#include "ir/OpRules.h"

using namespace mlir;

namespace graphc {

namespace {

/// A kernel of the family: what its op says, and what is emitted for it.
class MatmulKernel {
public:
  MatmulKernel(Operation *op, KernelFunction &function, const Target &target)
      : op(op), function(function), target(target), b(function.bodyBuilder()),
        input(op->getOperand(0)), weight(op->getOperand(1)) {}

  template <typename Op>
  FailureOr<EmittedKernel> emitLinear(Op op, bool gated);
  FailureOr<EmittedKernel> emitQkv(FusedQkvOp op);

private:
  RankedTensorType inputType() const { return cast<RankedTensorType>(input.getType()); }
  RankedTensorType weightType() const { return cast<RankedTensorType>(weight.getType()); }
  int64_t panels() const { return weightType().getDimSize(0); }

  LogicalResult checkFactors(Type rowsType);
  LogicalResult checkPanels(int64_t expected);
  template <typename Op>
  LogicalResult checkFused(Op op);
  EmittedKernel emitTasks(int64_t tasks, const MatmulEpilogue &epilogue);

  Operation *op;
  KernelFunction &function;
  const Target &target;
  ImplicitLocOpBuilder b;
  Value input;
  Value weight;
};

/// What the kernel's rows are to be: whatever a linear has, which rounds none.
Type rowsTypeOf(LinearOp op) { return op.getInput().getType().getElementType(); }

template <typename Op>
Type rowsTypeOf(Op op) {
  return rules::productRowsType(op.getInput().getType(), op.getWeight().getType(), op.getRows());
}

/// The input is [rows, width], the weight packed (see graphc.pack). A quantized weight has whole
/// groups, and the rows are padded to them.
LogicalResult MatmulKernel::checkFactors(Type rowsType) {
  Type element = weightType().getElementType();
  bool isQuant = isa<QuantType>(element);
  int64_t pair = rules::panelInterleaveOf(element);
  ArrayRef<int64_t> shape = weightType().getShape();
  if (shape.size() != 4 || shape[2] != kPanelRows || shape[3] != pair)
    return op->emitOpError("expected a weight packed as [panels, steps, ")
           << kPanelRows << ", " << pair << "] but got " << weightType();
  if (inputType().getRank() != 2 || inputType().isDynamicDim(1))
    return op->emitOpError("expected an input [rows, width] but got ") << inputType();
  if (!isQuant && inputType().getElementType() != rowsType)
    return op->emitOpError("expected an input of the product's type ")
           << rowsType << " but got " << inputType();
  int64_t width = inputType().getDimSize(1);
  int64_t least = isQuant ? shape[1] * pair : shape[1] * pair - (pair - 1);
  if (width < least)
    return op->emitOpError("expected rows of at least ")
           << least << " elements, as the weight has, but got " << inputType();
  return success();
}

LogicalResult MatmulKernel::checkPanels(int64_t expected) {
  if (panels() == expected)
    return success();
  return op->emitOpError("expected a weight of ") << expected << " panels but got " << weightType();
}

/// The norm is a dispatch of its own by now, the bias as long as the panels.
template <typename Op>
LogicalResult MatmulKernel::checkFused(Op fused) {
  if (fused.getGamma() || fused.getEps() || fused.getLayerEps())
    return op->emitOpError("expected the norm in a graphc.prepare_rows before the kernel; run "
                           "graphc-split-prologues first");
  int64_t channels = panels() * kPanelRows;
  if (fused.getBias() && fused.getBias().getType().getDimSize(0) != channels)
    return op->emitOpError("expected a bias packed as ")
           << channels << " numbers but got " << fused.getBias().getType();
  return success();
}

EmittedKernel MatmulKernel::emitTasks(int64_t tasks, const MatmulEpilogue &epilogue) {
  MatmulFactors factors;
  factors.rows = flattened(b, function.memoryOf(input));
  factors.weight = flattened(b, function.memoryOf(weight));
  factors.rowType = inputType().getElementType();
  factors.weightType = weightType().getElementType();
  factors.rowWidth = inputType().getDimSize(1);
  auto quantRows = dyn_cast<QuantType>(factors.rowType);
  factors.rowStride =
      quantRows ? quantRows.getRowFormat().rowBytes(factors.rowWidth) : factors.rowWidth;
  factors.blocks = weightType().getDimSize(1);
  factors.depth = std::min(factors.rowWidth, factors.blocks * weightType().getDimSize(3));
  auto quant = dyn_cast<QuantType>(factors.weightType);
  factors.blockStride = quant ? quant.getFormat().blockBytes(kPanelRows)
                              : kPanelRows * packedPair(factors.weightType);

  int64_t panelsOfTask = panels() / tasks;
  Value first = indexTimes(b, function.begin(), panelsOfTask);
  Value end = indexTimes(b, function.end(), panelsOfTask);
  MatmulLoops loops(function, target, factors, epilogue);
  loops.emit(b, first, end, function.extent(b, input, 0));
  return {PlanTasks{tasks}, loops.scratchBytes()};
}

template <typename Op>
FailureOr<EmittedKernel> MatmulKernel::emitLinear(Op linear, bool gated) {
  int64_t channels = linear.getResult().getType().getShape().back();
  int64_t outputs = gated ? kHalfBlockRows : kPanelRows;
  if (failed(checkFactors(rowsTypeOf(linear))) || failed(checkPanels(ceilDiv(channels, outputs))))
    return failure();
  if constexpr (std::is_same_v<Op, FusedLinearOp>) {
    if (failed(checkFused(linear)))
      return failure();
  }
  return emitTasks(panels(), *makeLinearEpilogue(b, linear, function, target));
}

FailureOr<EmittedKernel> MatmulKernel::emitQkv(FusedQkvOp qkv) {
  KvLayout layout = kvLayoutOf(qkv.getCache().getType());
  int64_t heads = qkv.getQuery().getType().getDimSize(0) + 2 * layout.heads;
  int64_t panelsOfHead = ceilDiv(layout.headDim / 2, kHalfBlockRows);
  if (failed(checkFactors(rowsTypeOf(qkv))) || failed(checkPanels(heads * panelsOfHead)) ||
      failed(checkFused(qkv)))
    return failure();
  return emitTasks(heads, *makeQkvEpilogue(b, qkv, function, target));
}

} // namespace

FailureOr<EmittedKernel> emitMatmulKernel(Operation *op, KernelFunction &function,
                                          const Target &target) {
  MatmulKernel kernel(op, function, target);
  if (auto linear = dyn_cast<LinearOp>(op))
    return kernel.emitLinear(linear, /*gated=*/false);
  if (auto fused = dyn_cast<FusedLinearOp>(op))
    return kernel.emitLinear(fused, fused.getGate().has_value());
  return kernel.emitQkv(cast<FusedQkvOp>(op));
}

} // namespace graphc
