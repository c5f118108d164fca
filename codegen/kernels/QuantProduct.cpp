// Products with a quantized right factor (see ir/QuantFormat.h for where its numbers are).
//
// A block is a group of columns. It is walked in spans of 32, the columns that share a scale of
// quantized rows:
//
//   quantized rows     dot = sum of 32 products of integers, exact
//                      sum = fma(float(dot) * rowScale, scale, sum)
//   f32 rows           in runs of 8 columns: run = chain of fmas with the integers as floats
//                      sum = fma(run, scale, sum)
//
// so that a sum's bits depend on the numbers alone.
#include "codegen/kernels/BlockProduct.h"
#include "codegen/kernels/ByteDot.h"
#include "codegen/kernels/QuantReader.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

namespace {

/// Columns of a span.
constexpr int64_t kSpan = kRowGroup;

/// What both kinds have in common: scales, and the walk over a block's spans.
class QuantProduct : public BlockProduct {
public:
  QuantProduct(ImplicitLocOpBuilder &builder, const Target &target, QuantType type)
      : b(builder), target(target), format(type.getFormat()), reader(builder, target, format) {}

  int64_t depth() const override { return format.group; }
  void emit(const BlockPlace &place, int64_t rows, MutableArrayRef<Value> sums) override;

protected:
  /// A span: where its rows and its integers begin, the block's scales.
  struct Span {
    const LeftRows &left;
    const RightPanel &right;
    Value column;           ///< Of the left factor, an index.
    Value data;             ///< Of the right factor, a byte.
    ArrayRef<Value> scales; ///< Of each vector.
  };

  /// Adds a span's products to the sums.
  virtual void emitSpan(const Span &span, int64_t rows, MutableArrayRef<Value> sums) = 0;

  VectorType floats() const { return VectorType::get({target.lanes()}, b.getF32Type()); }
  VectorType integers() const { return VectorType::get({target.lanes()}, b.getI32Type()); }

  ImplicitLocOpBuilder &b;
  const Target &target;
  QuantFormat format;
  QuantReader reader;
};

} // namespace

/// Emits `body` for steps [0, count), in a loop that carries the sums.
static void forEachStep(ImplicitLocOpBuilder &b, int64_t count, MutableArrayRef<Value> sums,
                        function_ref<void(Value, MutableArrayRef<Value>)> body) {
  auto constant = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
  if (count == 1)
    return body(constant(0), sums);
  auto loop = scf::ForOp::create(b, constant(0), constant(count), constant(1),
                                 SmallVector<Value>(sums.begin(), sums.end()));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> inner(loop.getRegionIterArgs());
  body(loop.getInductionVar(), inner);
  scf::YieldOp::create(b, inner);
  llvm::copy(loop.getResults(), sums.begin());
}

void QuantProduct::emit(const BlockPlace &place, int64_t rows, MutableArrayRef<Value> sums) {
  const RightPanel &right = place.right;
  Value index = indexPlus(b, place.index, place.offset);
  Value block = arith::AddIOp::create(b, right.start, indexTimes(b, index, right.stride));
  Value column = indexTimes(b, index, format.group);
  Value data = indexPlus(b, block, kPanelRows * QuantFormat::kScaleBytes);
  SmallVector<Value> scales;
  for (int64_t channel : right.vectors)
    scales.push_back(reader.scales(right.memory, block, channel));

  forEachStep(b, format.group / kSpan, sums, [&](Value step, MutableArrayRef<Value> inner) {
    Value spanColumn = arith::AddIOp::create(b, column, indexTimes(b, step, kSpan));
    int64_t spanBytes = kPanelRows * kSpan * format.bits / 8;
    Value spanData = arith::AddIOp::create(b, data, indexTimes(b, step, spanBytes));
    emitSpan({place.left, right, spanColumn, spanData, scales}, rows, inner);
  });
}

//===----------------------------------------------------------------------===//
// Quantized rows
//===----------------------------------------------------------------------===//

namespace {

class IntegerProduct : public QuantProduct {
public:
  IntegerProduct(ImplicitLocOpBuilder &builder, const Target &target, QuantType type)
      : QuantProduct(builder, target, type), dot(builder, target, format.bits) {}

private:
  void emitSpan(const Span &span, int64_t rows, MutableArrayRef<Value> sums) override;
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
  auto bytes = VectorType::get({4}, b.getI8Type());
  Value four = vector::LoadOp::create(b, bytes, span.left.memory, at);
  Value word = vector::BitCastOp::create(b, VectorType::get({1}, b.getI32Type()), four);
  Value all = vector::BroadcastOp::create(b, integers(), vector::ExtractOp::create(b, word, 0));
  return vector::BitCastOp::create(b, VectorType::get({4 * target.lanes()}, b.getI8Type()), all);
}

/// What stands behind a row's integers for the span, in every lane: its scale (part 0) or the sum
/// that the dot products start from (part 1).
Value IntegerProduct::rowWord(const Span &span, int64_t row, int64_t part, Type type) {
  const LeftRows &left = span.left;
  int64_t words = left.width / kRowGroup;
  Value number =
      arith::DivUIOp::create(b, span.column, arith::ConstantIndexOp::create(b, kRowGroup));
  Value at = arith::AddIOp::create(b, left.start, indexTimes(b, number, 4));
  at = indexPlus(b, at, row * left.stride + left.width + part * words * 4);
  auto bytes = VectorType::get({4}, b.getI8Type());
  Value four = vector::LoadOp::create(b, bytes, left.memory, at);
  Value word = vector::BitCastOp::create(b, VectorType::get({1}, type), four);
  auto all = VectorType::get({target.lanes()}, type);
  return vector::BroadcastOp::create(b, all, vector::ExtractOp::create(b, word, 0));
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
    for (size_t v = 0; v < vectors; ++v) {
      Value &sum = sums[r * vectors + v];
      Value number = arith::SIToFPOp::create(b, floats(), dots[r * vectors + v]);
      Value scaled = arith::MulFOp::create(b, number, rowScale);
      sum = math::FmaOp::create(b, scaled, span.scales[v], sum);
    }
  }
}

void IntegerProduct::emitSpan(const Span &span, int64_t rows, MutableArrayRef<Value> sums) {
  size_t vectors = span.right.vectors.size();
  SmallVector<Value> dots = startDots(span, rows);
  for (int64_t unit = 0; unit < kSpan / format.unitColumns(); ++unit) {
    // Of each vector: its 4-byte units, and what the rows are multiplied with.
    SmallVector<SmallVector<ByteDot::Factor>> right;
    for (int64_t channel : span.right.vectors)
      right.push_back(dot.unpack(reader.units(span.right.memory, span.data, unit, channel)));
    for (size_t part = 0; part < right.front().size(); ++part)
      for (int64_t r = 0; r < rows; ++r) {
        Value left =
            rowBytes(span, r, unit * format.unitColumns() + static_cast<int64_t>(part) * 4);
        for (size_t v = 0; v < vectors; ++v) {
          Value &sum = dots[r * vectors + v];
          sum = dot.add(sum, left, right[v][part]);
        }
      }
  }
  scaleDots(span, rows, dots, sums);
}

//===----------------------------------------------------------------------===//
// Rows of f32
//===----------------------------------------------------------------------===//

class WidenedProduct : public QuantProduct {
public:
  using QuantProduct::QuantProduct;

private:
  void emitSpan(const Span &span, int64_t rows, MutableArrayRef<Value> sums) override;
  void emitRun(const Span &span, int64_t rows, MutableArrayRef<Value> sums);
  Value element(const Span &span, int64_t row, int64_t column);
};

/// Columns of a run: what one or two units hold.
constexpr int64_t kRun = 8;

/// A row's number at a column of the span, in every lane.
Value WidenedProduct::element(const Span &span, int64_t row, int64_t column) {
  Value at = arith::AddIOp::create(b, span.left.start, span.column);
  at = indexPlus(b, at, row * span.left.stride + column);
  Value number = memref::LoadOp::create(b, span.left.memory, at);
  return vector::BroadcastOp::create(b, floats(), number);
}

/// Adds the run that begins where the span does.
void WidenedProduct::emitRun(const Span &span, int64_t rows, MutableArrayRef<Value> sums) {
  size_t vectors = span.right.vectors.size();
  SmallVector<Value> runs(rows * vectors);
  int64_t unitColumns = format.unitColumns();
  for (int64_t unit = 0; unit < kRun / unitColumns; ++unit) {
    SmallVector<Value> units;
    for (int64_t channel : span.right.vectors)
      units.push_back(reader.units(span.right.memory, span.data, unit, channel));
    for (int64_t k = 0; k < unitColumns; ++k) {
      SmallVector<Value> right;
      for (Value packed : units)
        right.push_back(reader.number(packed, k));
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
  for (int64_t r = 0; r < rows; ++r)
    for (size_t v = 0; v < vectors; ++v) {
      Value &sum = sums[r * vectors + v];
      sum = math::FmaOp::create(b, runs[r * vectors + v], span.scales[v], sum);
    }
}

void WidenedProduct::emitSpan(const Span &span, int64_t rows, MutableArrayRef<Value> sums) {
  forEachStep(b, kSpan / kRun, sums, [&](Value step, MutableArrayRef<Value> inner) {
    Value column = arith::AddIOp::create(b, span.column, indexTimes(b, step, kRun));
    int64_t runBytes = kPanelRows * kRun * format.bits / 8;
    Value data = arith::AddIOp::create(b, span.data, indexTimes(b, step, runBytes));
    emitRun({span.left, span.right, column, data, span.scales}, rows, inner);
  });
}

} // namespace

std::unique_ptr<BlockProduct> makeQuantProduct(ImplicitLocOpBuilder &builder, const Target &target,
                                               Type left, QuantType right) {
  if (isa<QuantType>(left))
    return std::make_unique<IntegerProduct>(builder, target, right);
  return std::make_unique<WidenedProduct>(builder, target, right);
}

} // namespace graphc
