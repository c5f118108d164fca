// Functions of f32 numbers as arithmetic: what a kernel computes with beyond +, * and fma.
//
// Nothing here becomes a call. Every function takes an f32 scalar or a vector of f32 and yields the
// same shape, the type being the value's own; the bits of a lane do not depend on how wide the
// vector is (denormal results apart), so that a loop's scalar tail agrees with its vectors.
//
// Accuracy in units of the last place: exp2, exp 2.2; tanh, erf 3; sigmoid, silu 4 (results below
// 2^-110 may be 0); the GELUs 4, or 2e-7 |x| where their summands cancel. Infinite and huge
// arguments give the limit (x * sigmoid(x) and its kin at -inf apart: NaN), NaN gives NaN.
// Denormals may be taken as 0 and results may be flushed to 0.
#ifndef GRAPHC_CODEGEN_KERNELS_VECTORMATH_H
#define GRAPHC_CODEGEN_KERNELS_VECTORMATH_H

#include "codegen/target/Target.h"
#include "ir/GraphDialect.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace graphc {

class VectorMath {
public:
  /// Emits at `builder`'s insertion point of the moment, for `target`.
  VectorMath(mlir::ImplicitLocOpBuilder &builder, const Target &target)
      : b(builder), target(target) {}

  /// `value` with the type of `like` (f32, or a vector of it).
  mlir::Value constant(double value, mlir::Value like);

  /// 2^x. Exactly 0 below -126 (2^-126 being the smallest normal number), 1 at 0, +inf from 128 on.
  mlir::Value exp2(mlir::Value x);
  mlir::Value exp(mlir::Value x);
  /// 1 / (1 + exp(-x)).
  mlir::Value sigmoid(mlir::Value x);
  mlir::Value tanh(mlir::Value x);
  mlir::Value erf(mlir::Value x);
  /// 1 / sqrt(x), each step rounded correctly.
  mlir::Value rsqrt(mlir::Value x);

  /// x * sigmoid(x).
  mlir::Value silu(mlir::Value x);
  /// x/2 * (1 + erf(x / sqrt 2)), or x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))).
  mlir::Value gelu(mlir::Value x, GeluForm form);
  mlir::Value relu(mlir::Value x);
  mlir::Value activation(mlir::Value x, Activation kind);

  /// The larger one; of a pair with a NaN, `right`. One instruction, unlike arith.maximumf.
  mlir::Value max(mlir::Value left, mlir::Value right);

  /// f32 to bf16, to nearest, ties to even. NaN stays NaN. By the target's own instruction where
  /// there is one for the width (it flushes denormals), else by integers.
  mlir::Value toBf16(mlir::Value x);
  /// bf16 to f32, exactly.
  mlir::Value fromBf16(mlir::Value x);
  /// f32, bf16 or f16 to another of them, to nearest; the value itself if it is of that type.
  mlir::Value convert(mlir::Value x, mlir::Type elementType);

  /// Sum and maximum of a vector's lanes, as a tree: upper half onto lower half until one is left.
  /// The number of lanes is a power of two.
  mlir::Value sumLanes(mlir::Value x);
  mlir::Value maxLanes(mlir::Value x);
  /// The same tree with another operation.
  mlir::Value reduceLanes(mlir::Value x,
                          llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine);
  /// Of several vectors at once: lane r is reduceLanes(rows[r]), by the same tree but with two
  /// vectors an operation. The rows are a power of two and no more than lanes; the lanes behind
  /// them repeat them.
  mlir::Value reduceRows(llvm::ArrayRef<mlir::Value> rows,
                         llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine);

private:
  std::pair<mlir::Value, mlir::Value> splitExp2(mlir::Value high, mlir::Value low);
  mlir::Value exp2OfSum(mlir::Value high, mlir::Value low);
  mlir::Value scaledExp2(mlir::Value high, mlir::Value low);
  mlir::Value shiftedExp2(mlir::Value high, mlir::Value low);
  mlir::Value horner(mlir::Value x, llvm::ArrayRef<double> coefficients);
  mlir::Value intrinsic(llvm::StringRef name, mlir::Type type, mlir::ValueRange operands);
  mlir::Value integer(int64_t value, mlir::Type like);

  mlir::ImplicitLocOpBuilder &b;
  const Target &target;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_VECTORMATH_H
