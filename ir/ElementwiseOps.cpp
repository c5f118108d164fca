// Elementwise ops of TensorOps.td: verifiers, dimensions, costs.
#include "ir/GraphDialect.h"
#include "ir/OpRules.h"

using namespace mlir;
using namespace graphc;

//===----------------------------------------------------------------------===//
// Two operands, broadcast
//===----------------------------------------------------------------------===//

template <typename Op>
static LogicalResult verifyBinary(Op op) {
  const RankedTensorType lhs = op.getLhs().getType(), rhs = op.getRhs().getType();
  if (failed(rules::expectElement(op, "rhs", rhs, lhs.getElementType())) || // C1
      failed(rules::expectElement(op, "result", op.getType(), lhs.getElementType())))
    return failure();
  auto shape = rules::broadcastShape(lhs.getShape(), rhs.getShape());
  if (!shape) // C2
    return op.emitOpError() << "expected shapes that broadcast but got "
                            << rules::shapeText(lhs.getShape()) << " and "
                            << rules::shapeText(rhs.getShape());
  return rules::expectShape(op, "result", op.getType(), *shape); // C3
}

#define GRAPHC_BINARY_OP(Op)                                                                       \
  LogicalResult Op::verify() { return verifyBinary(*this); }                                       \
  SmallVector<DimList> Op::inferDims(ArrayRef<DimList> operandDims) {                              \
    return {rules::broadcast(operandDims[0], operandDims[1])};                                     \
  }                                                                                                \
  Cost Op::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {                          \
    return rules::elementwiseCost(*this, operandDims, step, 1);                                    \
  }

GRAPHC_BINARY_OP(AddOp)
GRAPHC_BINARY_OP(SubOp)
GRAPHC_BINARY_OP(MulOp)
GRAPHC_BINARY_OP(DivOp)
#undef GRAPHC_BINARY_OP

//===----------------------------------------------------------------------===//
// One operand; the operations that each counts
//===----------------------------------------------------------------------===//

#define GRAPHC_UNARY_OP(Op, flops)                                                                 \
  SmallVector<DimList> Op::inferDims(ArrayRef<DimList> operandDims) { return {operandDims[0]}; }   \
  Cost Op::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {                          \
    return rules::elementwiseCost(*this, operandDims, step, flops);                                \
  }

GRAPHC_UNARY_OP(ScaleOp, 1)
GRAPHC_UNARY_OP(RsqrtOp, 2)
GRAPHC_UNARY_OP(SiluOp, rules::flopsOf(Activation::Silu))
GRAPHC_UNARY_OP(ReluOp, rules::flopsOf(Activation::Relu))
GRAPHC_UNARY_OP(TanhOp, 1)
GRAPHC_UNARY_OP(GeluOp, rules::flopsOf(getForm() == GeluForm::Erf ? Activation::GeluErf
                                                                  : Activation::GeluTanh))
#undef GRAPHC_UNARY_OP
