// Rows of bf16 by integers: the integers become bf16, which holds them exactly, and pairs of
// columns are multiplied by dot products.
#include "codegen/kernels/QuantProduct.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

#include <cmath>

using namespace mlir;

namespace graphc {

namespace {

class PairProduct : public QuantProduct {
public:
  using QuantProduct::QuantProduct;

private:
  void emitSpan(const Span &span, int64_t rows, MutableArrayRef<Value> sums) override;
  void emitPart(const Span &span, int64_t rows, MutableArrayRef<Value> runs);
  Value weightPair(const QuantUnits &units, int64_t k);
  Value rowPair(const Span &span, int64_t row, int64_t column);
  VectorType pairType() const { return VectorType::get({2 * target.lanes()}, b.getBF16Type()); }
};

/// A row's numbers at a column of the span and the next one, in every lane.
Value PairProduct::rowPair(const Span &span, int64_t row, int64_t column) {
  Value at = arith::AddIOp::create(b, span.left.start, span.column);
  at = indexPlus(b, at, row * span.left.stride + column);
  Value two =
      vector::LoadOp::create(b, VectorType::get({2}, b.getBF16Type()), span.left.memory, at);
  Value one = vector::BitCastOp::create(b, VectorType::get({1}, b.getI32Type()), two);
  Value all = vector::BroadcastOp::create(b, integers(), vector::ExtractOp::create(b, one, 0));
  return vector::BitCastOp::create(b, pairType(), all);
}

/// Columns k and k + 1 of a vector's units.
Value PairProduct::weightPair(const QuantUnits &units, int64_t k) {
  Value pair = panels.unpacked ? units.low : reader.bf16Pair(units, k);
  return vector::BitCastOp::create(b, pairType(), pair);
}

/// Adds the products of a part to the runs.
void PairProduct::emitPart(const Span &span, int64_t rows, MutableArrayRef<Value> runs) {
  size_t vectors = span.right.vectors.size();
  int64_t unitColumns = panels.unitColumns();
  Value ones = arith::ConstantOp::create(
      b, DenseElementsAttr::get(pairType(), b.getFloatAttr(b.getBF16Type(), 1.0)));
  for (int64_t unit = 0; unit < kStepColumns / unitColumns; ++unit) {
    SmallVector<QuantUnits> units;
    for (const RightVector &vector : span.right.vectors)
      units.push_back(unitsOf(span, unit, vector));
    // Pair by pair: more of them than are multiplied at a time would not fit into registers.
    for (int64_t k = 0; k < unitColumns; k += 2) {
      SmallVector<Value> right;
      for (const QuantUnits &vector : units)
        right.push_back(weightPair(vector, k));
      for (int64_t r = 0; r < rows; ++r) {
        Value left = rowPair(span, r, unit * unitColumns + k);
        if (format.hasMinimum) {
          Value &run = runs[rows * vectors + r];
          run = x86vector::DotBF16Op::create(b, run, left, ones);
        }
        for (size_t v = 0; v < vectors; ++v) {
          Value &run = runs[r * vectors + v];
          run = x86vector::DotBF16Op::create(b, run, left, right[v]);
        }
      }
    }
  }
}

void PairProduct::emitSpan(const Span &span, int64_t rows, MutableArrayRef<Value> sums) {
  int64_t vectors = span.right.vectors.size();
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(floats()));
  int64_t products = rows * vectors;
  // With a minimum, those of the rows with ones follow.
  SmallVector<Value> runs(products + (format.hasMinimum ? rows : 0), zero);
  forEachPart(span, runs,
              [&](const Span &part, MutableArrayRef<Value> inner) { emitPart(part, rows, inner); });
  SmallVector<Scales> scales(span.scales);
  if (int64_t exponent = reader.bf16Exponent()) {
    Value factor = arith::ConstantOp::create(
        b, DenseElementsAttr::get(floats(), b.getF32FloatAttr(std::ldexp(1.0f, -exponent))));
    for (Scales &vector : scales)
      vector.scale = arith::MulFOp::create(b, vector.scale, factor);
  }
  for (int64_t i = 0; i < products; ++i) {
    const Scales &vector = scales[i % vectors];
    sums[i] = math::FmaOp::create(b, runs[i], vector.scale, sums[i]);
    if (format.hasMinimum)
      sums[i] = math::FmaOp::create(b, runs[products + i / vectors], vector.minimum, sums[i]);
  }
}

} // namespace

std::unique_ptr<BlockProduct> makePairProduct(ImplicitLocOpBuilder &builder, const Target &target,
                                              QuantPanels panels) {
  return std::make_unique<PairProduct>(builder, target, panels);
}

} // namespace graphc
