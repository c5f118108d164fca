// Decompositions of FusedOps.td: the un-fused ops that each fused one stands for.
#include "ir/GraphDialect.h"

using namespace mlir;
using namespace graphc;

FailureOr<SmallVector<Value>> PrepareRowsOp::decompose(OpBuilder &) { return failure(); }
FailureOr<SmallVector<Value>> FusedLinearOp::decompose(OpBuilder &) { return failure(); }
FailureOr<SmallVector<Value>> FusedQkvOp::decompose(OpBuilder &) { return failure(); }
FailureOr<SmallVector<Value>> FlashAttentionOp::decompose(OpBuilder &) { return failure(); }
