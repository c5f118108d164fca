// Kernels for every op that has no family of its own: a table of ops and the part that emits each.
#include "codegen/kernels/GenericKernelParts.h"
#include "codegen/kernels/KernelEmitter.h"

using namespace mlir;

namespace graphc {

namespace {

#define GRAPHC_OP(Op, emitter) {Op::getOperationName(), emitter}
const std::pair<StringRef, GenericEmitter *> kGenericOps[] = {
    GRAPHC_OP(AddOp, emitElementwise),     GRAPHC_OP(SubOp, emitElementwise),
    GRAPHC_OP(MulOp, emitElementwise),     GRAPHC_OP(DivOp, emitElementwise),
    GRAPHC_OP(ScaleOp, emitElementwise),   GRAPHC_OP(RsqrtOp, emitElementwise),
    GRAPHC_OP(SiluOp, emitElementwise),    GRAPHC_OP(GeluOp, emitElementwise),
    GRAPHC_OP(ReluOp, emitElementwise),    GRAPHC_OP(TanhOp, emitElementwise),
    GRAPHC_OP(SoftCapOp, emitElementwise), GRAPHC_OP(CastOp, emitElementwise),
    GRAPHC_OP(ReshapeOp, emitMove),        GRAPHC_OP(TransposeOp, emitMove),
    GRAPHC_OP(SliceOp, emitMove),          GRAPHC_OP(RepeatOp, emitMove),
    GRAPHC_OP(SelectRowsOp, emitMove),     GRAPHC_OP(EmbeddingOp, emitMove),
    GRAPHC_OP(InputRowsOp, emitInputRows), GRAPHC_OP(ConcatOp, emitConcat),
    GRAPHC_OP(ConstantOp, emitConstant),   GRAPHC_OP(MeanOp, emitRowOp),
    GRAPHC_OP(RmsNormOp, emitRowOp),       GRAPHC_OP(LayerNormOp, emitRowOp),
    GRAPHC_OP(RopeOp, emitRowOp),          GRAPHC_OP(MaskOp, emitRowOp),
    GRAPHC_OP(SoftmaxOp, emitSoftmax),     GRAPHC_OP(MatmulOp, emitMatmul),
    GRAPHC_OP(BatchMatmulOp, emitMatmul),  GRAPHC_OP(KvAppendOp, emitKvAppend),
    GRAPHC_OP(KvReadOp, emitKvRead),
};
#undef GRAPHC_OP

} // namespace

FailureOr<EmittedKernel> emitGenericKernel(Operation *op, KernelFunction &function,
                                           const Target &target) {
  for (Value result : op->getResults()) {
    if (cast<RankedTensorType>(result.getType()).getRank() == 0)
      return op->emitOpError("has no kernel for a tensor of rank 0");
  }
  auto *entry = llvm::find_if(
      kGenericOps, [&](const auto &entry) { return entry.first == op->getName().getStringRef(); });
  if (entry == std::end(kGenericOps))
    return op->emitOpError("has no kernel");
  GenericLoops kernel(function, target);
  FailureOr<PlanTasks> tasks = entry->second(op, kernel);
  if (failed(tasks))
    return failure();
  return EmittedKernel{.tasks = *tasks, .scratchBytes = 0};
}

} // namespace graphc
