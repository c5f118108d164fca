// Arithmetic on each number: see ir/ElementwiseOps.td.
#include "ir/reference/Ops.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <numbers>

namespace graphc::reference {

static double silu(double x) { return x / (1 + std::exp(-x)); }
static double geluErf(double x) { return x / 2 * (1 + std::erf(x / std::numbers::sqrt2)); }
static double geluTanh(double x) {
  const double inner = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return x / 2 * (1 + std::tanh(inner));
}
/// NaN stays NaN.
static double relu(double x) { return x < 0 ? 0 : x; }

double activate(Activation activation, double x) {
  switch (activation) {
  case Activation::Silu:
    return silu(x);
  case Activation::GeluTanh:
    return geluTanh(x);
  case Activation::GeluErf:
    return geluErf(x);
  case Activation::Relu:
    return relu(x);
  }
  return x;
}

double applyUnary(mlir::Operation *op, double x) {
  return llvm::TypeSwitch<mlir::Operation *, double>(op)
      .Case([&](ScaleOp scale) { return x * scale.getFactor().convertToFloat(); })
      .Case([&](RsqrtOp) { return 1 / std::sqrt(x); })
      .Case([&](SiluOp) { return silu(x); })
      .Case([&](ReluOp) { return relu(x); })
      .Case([&](TanhOp) { return std::tanh(x); })
      .Case([&](GeluOp gelu) { return gelu.getForm() == GeluForm::Erf ? geluErf(x) : geluTanh(x); })
      .Case([&](SoftCapOp cap) {
        const double bound = cap.getCap().convertToFloat();
        return bound * std::tanh(x / bound);
      });
}

Tensor unary(mlir::Operation *op, const Tensor &input) {
  auto type = llvm::cast<mlir::RankedTensorType>(op->getResult(0).getType());
  Tensor result(input.shape);
  for (int64_t i = 0; i < input.size(); ++i)
    result.values[i] = roundTo(type.getElementType(), applyUnary(op, input.values[i]));
  return result;
}

double applyBinary(mlir::Operation *op, double a, double b) {
  return llvm::TypeSwitch<mlir::Operation *, double>(op)
      .Case([&](AddOp) { return a + b; })
      .Case([&](SubOp) { return a - b; })
      .Case([&](MulOp) { return a * b; })
      .Case([&](DivOp) { return a / b; });
}

/// Strides of an operand in the result's dimensions: 0 where it is broadcast.
static Shape broadcastStrides(const Tensor &operand, const Shape &result) {
  Shape strides(result.size(), 0);
  const Shape own = stridesOf(operand.shape);
  const size_t missing = result.size() - operand.shape.size();
  for (size_t d = 0; d < operand.shape.size(); ++d)
    if (operand.shape[d] != 1)
      strides[missing + d] = own[d];
  return strides;
}

static Shape broadcastShape(const Shape &a, const Shape &b) {
  const Shape &longer = a.size() >= b.size() ? a : b, &shorter = a.size() >= b.size() ? b : a;
  Shape shape = longer;
  for (size_t d = 0; d < shorter.size(); ++d) {
    int64_t &extent = shape[longer.size() - shorter.size() + d];
    if (extent == 1)
      extent = shorter[d];
  }
  return shape;
}

Tensor binary(mlir::Operation *op, const Tensor &lhs, const Tensor &rhs) {
  auto type = llvm::cast<mlir::RankedTensorType>(op->getResult(0).getType());
  Tensor result(broadcastShape(lhs.shape, rhs.shape));
  const Shape left = broadcastStrides(lhs, result.shape);
  const Shape right = broadcastStrides(rhs, result.shape);
  for (int64_t flat = 0; flat < result.size(); ++flat) {
    int64_t rest = flat, a = 0, b = 0;
    for (size_t d = result.shape.size(); d-- > 0; rest /= result.shape[d]) {
      a += rest % result.shape[d] * left[d];
      b += rest % result.shape[d] * right[d];
    }
    result.values[flat] =
        roundTo(type.getElementType(), applyBinary(op, lhs.values[a], rhs.values[b]));
  }
  return result;
}

} // namespace graphc::reference
