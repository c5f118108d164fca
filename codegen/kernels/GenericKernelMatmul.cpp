// Products of activations: every number of the result is one chain of fused multiply-adds along K,
// in order, in f32.
#include "codegen/kernels/GenericKernelParts.h"

using namespace mlir;

namespace graphc {

namespace {

/// Scalar chains that run side by side where the columns of B are not neighbours in memory: one
/// chain alone would wait for each of its steps.
constexpr int64_t kChains = 4;

struct Product {
  Value lhs, rhs, result; ///< memories
  SpaceDim k;             ///< the dimension that is summed over
  bool isTransposed;
};

/// Index of an operand's matrix for a row of the result: an extent of 1 gives way.
SmallVector<Value> matrixIndex(GenericLoops &k, Value memory, ValueRange row) {
  ArrayRef<int64_t> shape = cast<MemRefType>(memory.getType()).getShape();
  SmallVector<Value> indices;
  for (auto [extent, at] : llvm::zip(shape.drop_back(2), row.drop_back()))
    indices.push_back(extent == 1 ? k.index(0) : at);
  return indices;
}

SmallVector<Value> with(SmallVector<Value> matrix, Value row, Value column) {
  matrix.append({row, column});
  return matrix;
}

/// `chains` sums for the columns from `column` on, each of `width` columns.
void emitChains(GenericLoops &k, const Product &product, ValueRange row, Value column,
                int64_t chains, int64_t width) {
  SmallVector<Value> lhs = matrixIndex(k, product.lhs, row);
  SmallVector<Value> rhs = matrixIndex(k, product.rhs, row);
  SmallVector<Value> columns, zeros;
  for (int64_t i = 0; i < chains; ++i) {
    columns.push_back(k.plus(column, k.index(i * width)));
    Value zero = arith::ConstantOp::create(k.b, k.b.getF32FloatAttr(0));
    zeros.push_back(k.splat(zero, width));
  }
  auto sums = k.loop(k.index(0), product.k.extent, 1, zeros, [&](Value at, ValueRange sums) {
    Value x = k.splat(k.loadF32(product.lhs, with(lhs, row.back(), at)), width);
    GenericLoops::Carried next;
    for (auto [sum, column] : llvm::zip(sums, columns)) {
      SmallVector<Value> place =
          product.isTransposed ? with(rhs, column, at) : with(rhs, at, column);
      next.push_back(k.fma(x, k.loadF32(product.rhs, place, width), sum));
    }
    return next;
  });
  for (auto [sum, column] : llvm::zip(sums, columns))
    k.storeF32(sum, product.result, withLast(row, column));
}

/// Columns of a row: vectors of them if they are neighbours in B, else scalar chains side by side.
void emitColumns(GenericLoops &k, const Product &product, ValueRange row, const SpaceDim &columns) {
  if (!product.isTransposed) {
    k.forEachVector(columns,
                    [&](Value at, int64_t width) { emitChains(k, product, row, at, 1, width); });
    return;
  }
  Value middle = k.times(k.over(columns.extent, k.index(kChains)), k.index(kChains));
  k.loop(k.index(0), middle, kChains,
         [&](Value at) { emitChains(k, product, row, at, kChains, 1); });
  k.loop(middle, columns.extent, 1, [&](Value at) { emitChains(k, product, row, at, 1, 1); });
}

} // namespace

FailureOr<PlanTasks> emitMatmul(Operation *op, GenericLoops &k) {
  Value lhs = op->getOperand(0), result = op->getResult(0);
  Product product{k.memoryOf(lhs), k.memoryOf(op->getOperand(1)), k.memoryOf(result),
                  k.spaceOf(lhs).back(), op->hasAttr("transpose_b")};
  Space space = k.spaceOf(result);
  SpaceDim columns = space.pop_back_val();
  return k.forEachRow(space, columns.bound * product.k.bound,
                      [&](ValueRange row) { emitColumns(k, product, row, columns); });
}

} // namespace graphc
