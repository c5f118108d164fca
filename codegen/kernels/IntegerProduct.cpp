// Integers by integers, in the vector unit: dot products of four bytes a lane.
#include "codegen/kernels/ByteDot.h"
#include "codegen/kernels/QuantProduct.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

namespace {

class IntegerProduct : public QuantProduct {
public:
  IntegerProduct(ImplicitLocOpBuilder &builder, const Target &target, QuantPanels panels)
      : QuantProduct(builder, target, panels), dot(builder, target, panels.format) {}

private:
  void emitSpan(const Span &span, int64_t rows, MutableArrayRef<Value> sums) override;
  void emitPart(const Span &span, int64_t rows, MutableArrayRef<Value> dots);
  SmallVector<ByteDot::Factor> factors(const QuantUnits &units);
  SmallVector<Value> startDots(const Span &span, int64_t rows);
  void scaleDots(const Span &span, int64_t rows, ArrayRef<Value> dots, MutableArrayRef<Value> sums);
  Value rowBytes(const Span &span, int64_t row, int64_t column);
  Value rowWord(const Span &span, int64_t row, int64_t part, Type type);

  ByteDot dot;
};

/// Four integers of a row from a column of the span on, in every lane.
Value IntegerProduct::rowBytes(const Span &span, int64_t row, int64_t column) {
  Value at = arith::AddIOp::create(b, span.left.start, span.column);
  at = indexPlus(b, at, row * span.left.stride + column);
  Value all = reader.word(span.left.memory, at, b.getI32Type());
  return vector::BitCastOp::create(b, VectorType::get({4 * target.lanes()}, b.getI8Type()), all);
}

/// What stands behind a row's integers for the span, in every lane: its scale (part 0) or its sum
/// (part 1), which dot products start from, or which a minimum is multiplied with.
Value IntegerProduct::rowWord(const Span &span, int64_t row, int64_t part, Type type) {
  const LeftRows &left = span.left;
  int64_t words = left.width / spanColumns();
  Value number =
      arith::DivUIOp::create(b, span.column, arith::ConstantIndexOp::create(b, spanColumns()));
  Value at = arith::AddIOp::create(b, left.start, indexTimes(b, number, 4));
  at = indexPlus(b, at, row * left.stride + left.width + part * words * 4);
  return reader.word(left.memory, at, type);
}

SmallVector<ByteDot::Factor> IntegerProduct::factors(const QuantUnits &units) {
  if (panels.unpacked)
    return {{units.low, {}}};
  return dot.unpack(units);
}

SmallVector<Value> IntegerProduct::startDots(const Span &span, int64_t rows) {
  SmallVector<Value> dots;
  for (int64_t r = 0; r < rows; ++r) {
    Value start = dot.needsOffset() ? rowWord(span, r, 1, b.getI32Type())
                                    : arith::ConstantOp::create(b, b.getZeroAttr(integers()));
    dots.append(span.right.vectors.size(), start);
  }
  return dots;
}

void IntegerProduct::scaleDots(const Span &span, int64_t rows, ArrayRef<Value> dots,
                               MutableArrayRef<Value> sums) {
  size_t vectors = span.right.vectors.size();
  for (int64_t r = 0; r < rows; ++r) {
    Value rowScale = rowWord(span, r, 0, b.getF32Type());
    auto scaled = [&](Value integers) -> Value {
      return arith::MulFOp::create(b, arith::SIToFPOp::create(b, floats(), integers), rowScale);
    };
    Value rowSum = format.hasMinimum ? scaled(rowWord(span, r, 1, b.getI32Type())) : Value();
    for (size_t v = 0; v < vectors; ++v) {
      Value &sum = sums[r * vectors + v];
      sum = math::FmaOp::create(b, scaled(dots[r * vectors + v]), span.scales[v].scale, sum);
      if (rowSum)
        sum = math::FmaOp::create(b, rowSum, span.scales[v].minimum, sum);
    }
  }
}

void IntegerProduct::emitSpan(const Span &span, int64_t rows, MutableArrayRef<Value> sums) {
  SmallVector<Value> dots = startDots(span, rows);
  forEachPart(span, dots,
              [&](const Span &part, MutableArrayRef<Value> inner) { emitPart(part, rows, inner); });
  scaleDots(span, rows, dots, sums);
}

/// Adds the products of a part to the dots.
void IntegerProduct::emitPart(const Span &span, int64_t rows, MutableArrayRef<Value> dots) {
  size_t vectors = span.right.vectors.size();
  int64_t unitColumns = panels.unitColumns();
  for (int64_t unit = 0; unit < kStepColumns / unitColumns; ++unit) {
    // Of each vector: its 4-byte units, and what the rows are multiplied with.
    SmallVector<SmallVector<ByteDot::Factor>> right;
    for (const RightVector &vector : span.right.vectors)
      right.push_back(factors(unitsOf(span, unit, vector)));
    for (size_t part = 0; part < right.front().size(); ++part)
      for (int64_t r = 0; r < rows; ++r) {
        Value left = rowBytes(span, r, unit * unitColumns + static_cast<int64_t>(part) * 4);
        for (size_t v = 0; v < vectors; ++v) {
          Value &sum = dots[r * vectors + v];
          sum = dot.add(sum, left, right[v][part]);
        }
      }
  }
}

} // namespace

std::unique_ptr<BlockProduct> makeIntegerProduct(ImplicitLocOpBuilder &builder,
                                                 const Target &target, QuantPanels panels) {
  return std::make_unique<IntegerProduct>(builder, target, panels);
}

} // namespace graphc
