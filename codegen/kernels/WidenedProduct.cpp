// Rows of f32 by integers: the integers become floats in registers.
#include "codegen/kernels/QuantProduct.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

namespace {

class WidenedProduct : public QuantProduct {
public:
  using QuantProduct::QuantProduct;

private:
  void emitSpan(const Span &span, int64_t rows, MutableArrayRef<Value> sums) override;
  void emitRun(const Span &span, int64_t rows, MutableArrayRef<Value> sums);
  Value element(const Span &span, int64_t row, int64_t column);
};

/// A row's number at a column of the span, in every lane.
Value WidenedProduct::element(const Span &span, int64_t row, int64_t column) {
  Value at = arith::AddIOp::create(b, span.left.start, span.column);
  at = indexPlus(b, at, row * span.left.stride + column);
  Value number = memref::LoadOp::create(b, span.left.memory, at);
  return vector::BroadcastOp::create(b, floats(), number);
}

/// Adds the run of columns that a part is. How long a run is decides what a sum's bits are.
void WidenedProduct::emitRun(const Span &span, int64_t rows, MutableArrayRef<Value> sums) {
  size_t vectors = span.right.vectors.size();
  // With a minimum, numbers are made whole and a run goes on where the sum stands.
  SmallVector<Value> runs(rows * vectors);
  if (format.hasMinimum)
    llvm::copy(sums, runs.begin());
  int64_t unitColumns = format.unitColumns();
  for (int64_t unit = 0; unit < kStepColumns / unitColumns; ++unit) {
    SmallVector<QuantUnits> units;
    for (const RightVector &vector : span.right.vectors)
      units.push_back(unitsOf(span, unit, vector));
    for (int64_t k = 0; k < unitColumns; ++k) {
      SmallVector<Value> right;
      for (auto [packed, scales] : llvm::zip_equal(units, span.scales)) {
        Value number = reader.number(packed, k);
        if (format.hasMinimum)
          number = math::FmaOp::create(b, number, scales.scale, scales.minimum);
        right.push_back(number);
      }
      for (int64_t r = 0; r < rows; ++r) {
        Value left = element(span, r, unit * unitColumns + k);
        for (size_t v = 0; v < vectors; ++v) {
          Value &run = runs[r * vectors + v];
          run = run ? Value(math::FmaOp::create(b, left, right[v], run))
                    : Value(arith::MulFOp::create(b, left, right[v]));
        }
      }
    }
  }
  for (auto [i, run] : llvm::enumerate(runs)) {
    const Scales &scales = span.scales[i % vectors];
    sums[i] = format.hasMinimum ? run : Value(math::FmaOp::create(b, run, scales.scale, sums[i]));
  }
}

void WidenedProduct::emitSpan(const Span &span, int64_t rows, MutableArrayRef<Value> sums) {
  forEachPart(span, sums,
              [&](const Span &run, MutableArrayRef<Value> inner) { emitRun(run, rows, inner); });
}

} // namespace

std::unique_ptr<BlockProduct> makeWidenedProduct(ImplicitLocOpBuilder &builder,
                                                 const Target &target, QuantFormat format) {
  return std::make_unique<WidenedProduct>(builder, target, QuantPanels{format});
}

} // namespace graphc
