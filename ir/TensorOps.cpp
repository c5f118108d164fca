// Verifiers, folders and interfaces of TensorOps.td.
#include "ir/GraphDialect.h"

using namespace mlir;
using namespace graphc;

#define GRAPHC_TEMP(Op)                                                                            \
  Cost Op::getCost(const StepDims &) { return {}; }                                                \
  llvm::SmallVector<DimList> Op::inferDims(llvm::ArrayRef<DimList>) { return {}; }
#define GRAPHC_TEMPV(Op)                                                                           \
  GRAPHC_TEMP(Op)                                                                                  \
  LogicalResult Op::verify() { return success(); }

GRAPHC_TEMP(ConstantOp)
GRAPHC_TEMPV(ReshapeOp)
GRAPHC_TEMPV(TransposeOp)
GRAPHC_TEMPV(SliceOp)
GRAPHC_TEMPV(ConcatOp)
GRAPHC_TEMPV(RepeatOp)
GRAPHC_TEMP(CastOp)
GRAPHC_TEMPV(SelectRowsOp)
GRAPHC_TEMPV(AddOp)
GRAPHC_TEMPV(SubOp)
GRAPHC_TEMPV(MulOp)
GRAPHC_TEMPV(DivOp)
GRAPHC_TEMP(ScaleOp)
GRAPHC_TEMP(RsqrtOp)
GRAPHC_TEMP(SiluOp)
GRAPHC_TEMP(ReluOp)
GRAPHC_TEMP(TanhOp)
GRAPHC_TEMP(GeluOp)

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }
OpFoldResult ReshapeOp::fold(FoldAdaptor) { return {}; }
OpFoldResult TransposeOp::fold(FoldAdaptor) { return {}; }
OpFoldResult SliceOp::fold(FoldAdaptor) { return {}; }
OpFoldResult ConcatOp::fold(FoldAdaptor) { return {}; }
OpFoldResult RepeatOp::fold(FoldAdaptor) { return {}; }
OpFoldResult CastOp::fold(FoldAdaptor) { return {}; }
OpFoldResult ScaleOp::fold(FoldAdaptor) { return {}; }

GRAPHC_TEMPV(EmbeddingOp)
GRAPHC_TEMPV(MeanOp)
GRAPHC_TEMPV(RmsNormOp)
GRAPHC_TEMPV(LayerNormOp)
GRAPHC_TEMPV(LinearOp)
GRAPHC_TEMPV(MatmulOp)
GRAPHC_TEMPV(BatchMatmulOp)
GRAPHC_TEMPV(RopeOp)
GRAPHC_TEMPV(SoftCapOp)
GRAPHC_TEMPV(MaskOp)
GRAPHC_TEMPV(SoftmaxOp)
GRAPHC_TEMPV(KvAppendOp)
GRAPHC_TEMPV(KvReadOp)
GRAPHC_TEMP(ParamOp)
GRAPHC_TEMPV(CheckpointOp)
GRAPHC_TEMPV(RopeTableOp)
GRAPHC_TEMPV(PackOp)
#define GRAPHC_TEMPF(Op)                                                                           \
  GRAPHC_TEMPV(Op)                                                                                 \
  llvm::FailureOr<llvm::SmallVector<Value>> Op::decompose(OpBuilder &) { return failure(); }
GRAPHC_TEMPF(PrepareRowsOp)
GRAPHC_TEMPF(FusedLinearOp)
GRAPHC_TEMPF(FusedQkvOp)
GRAPHC_TEMPF(FlashAttentionOp)
LogicalResult ParamOp::verifySymbolUses(SymbolTableCollection &) { return success(); }
LogicalResult DispatchOp::verifySymbolUses(SymbolTableCollection &) { return success(); }
