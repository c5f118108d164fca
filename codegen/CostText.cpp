#include "codegen/CostText.h"

#include "codegen/kernels/BlockProduct.h"
#include "codegen/kernels/KernelFunction.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;

namespace graphc {

namespace {

/// Value of one cost at a step's extents.
using CostFunction = llvm::function_ref<double(int64_t tokens, int64_t rows, int64_t cached)>;

std::string polynomialText(CostFunction f) {
  // S is kept above T: attention's tokens are among its cached rows.
  constexpr int64_t kS = 100;
  double constant = f(0, 0, 0);
  double r = f(0, 1, 0) - constant;
  double s = (f(0, 0, kS) - constant) / kS;
  double one = f(1, 0, kS), two = f(2, 0, kS);
  double ts = (f(1, 0, 2 * kS) - one) / kS - s;
  double base = constant + s * kS;
  double tt = (two - 2 * one + base) / 2;
  double t = one - base - ts * kS - tt;

  std::string text;
  auto add = [&](double coefficient, const char *term) {
    if (std::abs(coefficient) < 1e-6)
      return;
    char number[64];
    std::snprintf(number, sizeof(number), "%.10g", coefficient);
    text += (text.empty() ? "" : " + ") + std::string(number) + term;
  };
  add(constant, "");
  add(t, "*T");
  add(r, "*R");
  add(s, "*S");
  add(ts, "*T*S");
  add(tt, "*T*T");
  return text;
}

/// Element types of the factors of most of an op's products; null for an op that is no matmul.
std::pair<Type, Type> factorTypes(Operation *op) {
  auto typesOf = [](auto op) {
    return std::pair(op.getInput().getType().getElementType(),
                     op.getWeight().getType().getElementType());
  };
  return llvm::TypeSwitch<Operation *, std::pair<Type, Type>>(op)
      .Case<LinearOp, FusedLinearOp, FusedQkvOp>(typesOf)
      .Case([](FlashAttentionOp attention) {
        return std::pair(attention.getQuery().getType().getElementType(),
                         attention.getCache().getType().getElementType());
      })
      .Default(std::pair<Type, Type>());
}

ElementType arithmeticOf(Operation *op, const Target &target) {
  auto [left, right] = factorTypes(op);
  if (isa_and_nonnull<QuantType>(left))
    return ElementType::I8;
  return !left || multipliesWidened(target, left, right) ? ElementType::F32 : ElementType::BF16;
}

} // namespace

CostText costText(KernelOp kernel, const Target &target) {
  FailureOr<SymbolicDims> dims = kernelDims(kernel);
  if (failed(dims))
    return {};
  Operation *op = kernel.getComputedOp();
  auto costAt = [&](int64_t tokens, int64_t rows, int64_t cached) {
    return dims->cost(op, StepDims{tokens, rows, cached});
  };
  return {polynomialText([&](int64_t t, int64_t r, int64_t s) { return costAt(t, r, s).flops; }),
          polynomialText([&](int64_t t, int64_t r, int64_t s) {
            Cost cost = costAt(t, r, s);
            return cost.weightBytes + cost.activationBytes + cost.cacheBytes;
          }),
          arithmeticOf(op, target)};
}

} // namespace graphc
