// Folders of TensorOps.td.
#include "ir/GraphDialect.h"

using namespace mlir;
using namespace graphc;

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }
OpFoldResult ReshapeOp::fold(FoldAdaptor) { return {}; }
OpFoldResult TransposeOp::fold(FoldAdaptor) { return {}; }
OpFoldResult SliceOp::fold(FoldAdaptor) { return {}; }
OpFoldResult ConcatOp::fold(FoldAdaptor) { return {}; }
OpFoldResult RepeatOp::fold(FoldAdaptor) { return {}; }
OpFoldResult CastOp::fold(FoldAdaptor) { return {}; }
OpFoldResult ScaleOp::fold(FoldAdaptor) { return {}; }
