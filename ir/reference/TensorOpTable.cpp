// Which function evaluates which op, for ops that have only tensors.
#include "ir/reference/Ops.h"

#include "llvm/ADT/TypeSwitch.h"

namespace graphc::reference {

bool isTensorOp(mlir::Operation *op) {
  return llvm::isa<ConstantOp, ReshapeOp, TransposeOp, SliceOp, ConcatOp, RepeatOp, CastOp, AddOp,
                   SubOp, MulOp, DivOp, ScaleOp, RsqrtOp, SiluOp, ReluOp, TanhOp, GeluOp, SoftCapOp,
                   MeanOp, RmsNormOp, LayerNormOp, LinearOp, MatmulOp, BatchMatmulOp, SoftmaxOp,
                   RopeTableOp, QuantizeOp, PackOp, FusedLinearOp, NormAddOp>(op);
}

/// The operand for an optional value of an op; null when it is absent.
static const Tensor *find(mlir::Operation *op, Operands operands, mlir::Value value) {
  for (auto [operand, tensor] : llvm::zip(op->getOperands(), operands))
    if (operand == value)
      return tensor.get();
  return nullptr;
}

static Tensor ropeTable(RopeTableOp op) {
  Tensor result(Shape(op.getType().getShape()));
  ropeTableRows(op, 0, result.shape[0], result.values);
  return result;
}

static Tensor fusedLinear(FusedLinearOp op, Operands in) {
  const LinearOperands optional{.gamma = find(op, in, op.getGamma()),
                                .beta = find(op, in, op.getBeta()),
                                .rowFactor = find(op, in, op.getRowFactor()),
                                .bias = find(op, in, op.getBias()),
                                .residual = find(op, in, op.getResidual())};
  return fusedLinear(op, *in[0], *in[1], optional);
}

Expected<Tensor> evaluate(mlir::Operation *op, Operands in) {
  using Result = Expected<Tensor>;
  return llvm::TypeSwitch<mlir::Operation *, Result>(op)
      .Case([&](ConstantOp o) { return constant(o); })
      .Case([&](ReshapeOp o) { return reshape(o, *in[0]); })
      .Case([&](TransposeOp o) { return transpose(o, *in[0]); })
      .Case([&](SliceOp o) { return slice(o, *in[0]); })
      .Case([&](ConcatOp o) { return concat(o, in); })
      .Case([&](RepeatOp o) { return repeat(o, *in[0]); })
      .Case([&](CastOp o) { return cast(o, *in[0]); })
      .Case<AddOp, SubOp, MulOp, DivOp>([&](auto) { return binary(op, *in[0], *in[1]); })
      .Case<ScaleOp, RsqrtOp, SiluOp, ReluOp, TanhOp, GeluOp, SoftCapOp>(
          [&](auto) { return unary(op, *in[0]); })
      .Case([&](MeanOp o) { return mean(o, *in[0]); })
      .Case([&](RmsNormOp o) { return rmsNorm(o, *in[0], *in[1]); })
      .Case([&](LayerNormOp o) { return layerNorm(o, *in[0], *in[1], find(op, in, o.getBeta())); })
      .Case([&](LinearOp o) { return linear(o, *in[0], *in[1]); })
      .Case<MatmulOp, BatchMatmulOp>([&](auto o) {
        return matmul(o.getType().getElementType(), *in[0], *in[1], o.getTransposeB());
      })
      .Case([&](SoftmaxOp o) { return softmax(o, *in[0]); })
      .Case([&](RopeTableOp o) { return ropeTable(o); })
      .Case([&](QuantizeOp o) { return quantize(o, *in[0]); })
      .Case([&](PackOp o) { return pack(o, *in[0]); })
      .Case([&](FusedLinearOp o) { return fusedLinear(o, in); })
      .Case([&](NormAddOp o) { return normAdd(o, *in[0], *in[1], *in[2]); })
      .Default([&](mlir::Operation *) {
        return unsupported("the reference has no meaning for " +
                           op->getName().getStringRef().str());
      });
}

} // namespace graphc::reference
