// norm_add: the norm of a block's result, added to the residual.
//
//   y[t][k] = residual[t][k] + x[t][k] * rsqrt(Σ_k x[t][k]^2 / K + eps) * gamma[k]
//
// For the order of the sum see RowVectors.h. A task is a row.
#include "codegen/kernels/KernelEmitter.h"
#include "codegen/kernels/Loops.h"
#include "codegen/kernels/RowVectors.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace graphc {

FailureOr<EmittedKernel> emitNormAddKernel(Operation *op, KernelFunction &function,
                                           const Target &target) {
  auto norm = cast<NormAddOp>(op);
  const int64_t columns = norm.getType().getDimSize(1);
  ImplicitLocOpBuilder b = function.bodyBuilder();
  VectorMath math(b, target);
  RowVectors vectors(b, math, target.lanes(), columns);
  auto memoryOf = [&](Value value) { return flattened(b, function.memoryOf(value)); };
  Value input = memoryOf(norm.getInput()), gamma = memoryOf(norm.getGamma());
  Value residual = memoryOf(norm.getResidual()), result = memoryOf(norm.getResult());
  Type stored = norm.getType().getElementType();

  emitLoop(b, function.begin(), function.end(), 1, [&](Value row) {
    Value start = indexTimes(b, row, columns);
    Value squares = vectors.sum([&](Value k, int64_t existing, Value &sum) {
      Value x = vectors.load(input, arith::AddIOp::create(b, start, k), existing);
      sum = math::FmaOp::create(b, x, x, sum);
    });
    Value factor = vectors.broadcast(vectors.rsqrtOfMean(squares, norm.getEps()));
    vectors.forEach([&](Value k, int64_t existing) {
      Value at = arith::AddIOp::create(b, start, k);
      Value x = arith::MulFOp::create(b, vectors.load(input, at, existing), factor);
      x = arith::MulFOp::create(b, x, vectors.load(gamma, k, existing));
      x = arith::AddFOp::create(b, vectors.load(residual, at, existing), x);
      storeLanes(b, math.convert(x, stored), result, at, existing);
    });
  });
  return EmittedKernel{PlanTasks{1, function.planDim(norm.getInput(), 0), 1}};
}

} // namespace graphc
