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
  IntegerProduct(ImplicitLocOpBuilder &builder, const Target &target, QuantRowFormat rowFormat,
                 QuantPanels panels)
      : QuantProduct(builder, target, panels), rowFormat(rowFormat),
        dot(builder, target, panels.format) {}

  int64_t depth() const override { return rowFormat.group; }
  void emit(const BlockPlace &place, int64_t rows, MutableArrayRef<Value> sums) override;

private:
  void emitSpan(const Span &span, int64_t rows, MutableArrayRef<Value> sums) override;
  void emitPart(const Span &span, int64_t rows, MutableArrayRef<Value> dots);
  SmallVector<ByteDot::Factor> factors(const QuantUnits &units);
  SmallVector<Value> startDots(const Span &span, int64_t rows);
  void scaleDots(const Span &span, int64_t rows, ArrayRef<Value> dots, MutableArrayRef<Value> sums);
  Value rowBytes(const Span &span, int64_t row, int64_t column);
  Value rowScale(const BlockPlace &place, int64_t row);
  Value rowSum(const Span &span, int64_t row);

  QuantRowFormat rowFormat;
  ByteDot dot;
};

/// Four integers of a row from a column of the span on, in every lane.
Value IntegerProduct::rowBytes(const Span &span, int64_t row, int64_t column) {
  Value at = arith::AddIOp::create(b, span.left.start, span.column);
  at = indexPlus(b, at, row * span.left.stride + column);
  Value all = reader.word(span.left.memory, at, b.getI32Type());
  return vector::BitCastOp::create(b, VectorType::get({4 * target.lanes()}, b.getI8Type()), all);
}

/// The scale of a row's group, in every lane.
Value IntegerProduct::rowScale(const BlockPlace &place, int64_t row) {
  const LeftRows &left = place.left;
  Value group = indexPlus(b, place.index, place.offset);
  Value at = arith::AddIOp::create(b, left.start, indexTimes(b, group, QuantRowFormat::kWordBytes));
  return reader.word(left.memory, indexPlus(b, at, row * left.stride + left.width), b.getF32Type());
}

/// The sum of a row's span, in every lane: what dot products start from, or what a minimum is
/// multiplied with.
Value IntegerProduct::rowSum(const Span &span, int64_t row) {
  const LeftRows &left = span.left;
  Value number = over(span.column, rowFormat.span);
  Value at =
      arith::AddIOp::create(b, left.start, indexTimes(b, number, QuantRowFormat::kWordBytes));
  return reader.word(left.memory,
                     indexPlus(b, at, row * left.stride + rowFormat.sumsByte(left.width)),
                     b.getI32Type());
}

SmallVector<ByteDot::Factor> IntegerProduct::factors(const QuantUnits &units) {
  if (panels.unpacked)
    return {{units.low, {}}};
  return dot.unpack(units);
}

SmallVector<Value> IntegerProduct::startDots(const Span &span, int64_t rows) {
  SmallVector<Value> dots;
  for (int64_t r = 0; r < rows; ++r) {
    Value start = dot.needsOffset() ? rowSum(span, r)
                                    : arith::ConstantOp::create(b, b.getZeroAttr(integers()));
    dots.append(span.right.vectors.size(), start);
  }
  return dots;
}

void IntegerProduct::scaleDots(const Span &span, int64_t rows, ArrayRef<Value> dots,
                               MutableArrayRef<Value> sums) {
  size_t vectors = span.right.vectors.size();
  auto asFloats = [&](Value integers) -> Value {
    return arith::SIToFPOp::create(b, floats(), integers);
  };
  for (int64_t r = 0; r < rows; ++r) {
    Value ofRow = format.hasMinimum ? asFloats(rowSum(span, r)) : Value();
    for (size_t v = 0; v < vectors; ++v) {
      Value &sum = sums[r * vectors + v];
      sum = math::FmaOp::create(b, asFloats(dots[r * vectors + v]), span.scales[v].scale, sum);
      if (ofRow)
        sum = math::FmaOp::create(b, ofRow, span.scales[v].minimum, sum);
    }
  }
}

/// The sums of the row's group alone meet its scale: one multiplication instead of one a span.
void IntegerProduct::emit(const BlockPlace &place, int64_t rows, MutableArrayRef<Value> sums) {
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(floats()));
  SmallVector<Value> ofGroup(sums.size(), zero);
  emitColumns(place, rows, ofGroup);
  size_t vectors = place.right.vectors.size();
  for (int64_t r = 0; r < rows; ++r) {
    Value scale = rowScale(place, r);
    for (size_t i = r * vectors; i < (r + 1) * vectors; ++i)
      sums[i] = math::FmaOp::create(b, ofGroup[i], scale, sums[i]);
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
                                                 const Target &target, QuantRowFormat rows,
                                                 QuantPanels panels) {
  return std::make_unique<IntegerProduct>(builder, target, rows, panels);
}

} // namespace graphc
