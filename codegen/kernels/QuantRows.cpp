#include "codegen/kernels/QuantRows.h"

#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace mlir;

namespace graphc {

static constexpr double kLargest = 127.0;

/// The largest magnitude over 127, found among the numbers' bits: as integers, magnitudes are in
/// the same order, and NaN is above all. The scale of numbers that are not finite is none either.
Value QuantRows::scaleOf(ArrayRef<Value> numbers) {
  Value largest;
  for (Value vector : numbers) {
    auto integers = VectorType::get(cast<VectorType>(vector.getType()).getShape(), b.getI32Type());
    Value bits = arith::BitcastOp::create(b, integers, math::AbsFOp::create(b, vector));
    largest = largest ? Value(arith::MaxSIOp::create(b, bits, largest)) : bits;
  }
  Value bits = math.reduceLanes(largest, [&](Value low, Value high) -> Value {
    return arith::MaxSIOp::create(b, low, high);
  });
  Value magnitude = arith::BitcastOp::create(b, b.getF32Type(), bits);
  return arith::DivFOp::create(b, magnitude, math.constant(kLargest, magnitude));
}

/// 1 / scale; 0 where the numbers are too small to have one.
Value QuantRows::inverseOf(Value scale) {
  Value inverse = arith::DivFOp::create(b, math.constant(1.0, scale), scale);
  Value least = math.constant(std::numeric_limits<float>::min(), scale);
  Value exists = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, scale, least);
  return arith::SelectOp::create(b, exists, inverse, math.constant(0.0, scale));
}

/// The integers, as i32 lanes.
Value QuantRows::rounded(Value numbers, Value inverse) {
  auto type = cast<VectorType>(numbers.getType());
  Value scaled = arith::MulFOp::create(b, numbers, vector::BroadcastOp::create(b, type, inverse));
  auto integers = VectorType::get(type.getShape(), b.getI32Type());
  return arith::FPToSIOp::create(b, integers, math::RoundEvenOp::create(b, scaled));
}

/// Stores one of the words behind a row's integers, which begin at the byte `words`.
void QuantRows::storeWord(Value word, Value rows, Value words, Value number) {
  Value at = arith::AddIOp::create(b, words, indexTimes(b, number, QuantRowFormat::kWordBytes));
  Value one = vector::BroadcastOp::create(b, VectorType::get({1}, word.getType()), word);
  Value bytes = vector::BitCastOp::create(
      b, VectorType::get({QuantRowFormat::kWordBytes}, b.getI8Type()), one);
  vector::StoreOp::create(b, bytes, rows, at);
}

/// Stores vectors of i32 as bytes, in the order of ir/QuantFormat.h.
void QuantRows::storeIntegers(ArrayRef<Value> integers, Value rows, Value at) {
  for (auto [i, vector] : llvm::enumerate(integers)) {
    int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
    SmallVector<int64_t> columns; // Of each byte: the order is its own inverse.
    for (int64_t byte = 0; byte < lanes; ++byte)
      columns.push_back(byte / 4 * 4 + byteOfColumn(byte % 4));
    Value narrow = arith::TruncIOp::create(b, VectorType::get({lanes}, b.getI8Type()), vector);
    vector::StoreOp::create(b, vector::ShuffleOp::create(b, narrow, narrow, columns), rows,
                            indexPlus(b, at, int64_t(i) * lanes));
  }
}

/// The sum of the integers as the format has it.
Value QuantRows::sumOf(ArrayRef<Value> integers) {
  Value total = integers.front();
  for (Value vector : integers.drop_front())
    total = arith::AddIOp::create(b, total, vector);
  Value sum = vector::ReductionOp::create(b, vector::CombiningKind::ADD, total);
  Value minusOffset = arith::ConstantOp::create(b, b.getI32IntegerAttr(int32_t(-offset)));
  return arith::MulIOp::create(b, sum, minusOffset);
}

void QuantRows::store(ArrayRef<Value> numbers, Value rows, Value start, Value k) {
  Value scale = scaleOf(numbers);
  Value inverse = inverseOf(scale);
  SmallVector<Value> integers;
  for (Value vector : numbers)
    integers.push_back(rounded(vector, inverse));
  storeIntegers(integers, rows, arith::AddIOp::create(b, start, k));

  auto numberOf = [&](int64_t columns) -> Value {
    return arith::DivUIOp::create(b, k, arith::ConstantIndexOp::create(b, columns));
  };
  storeWord(scale, rows, indexPlus(b, start, width), numberOf(format.group));
  Value sums = indexPlus(b, start, format.sumsByte(width)), first = numberOf(format.span);
  const size_t spans = format.group / format.span, vectors = integers.size() / spans;
  for (size_t span = 0; span < spans; ++span)
    storeWord(sumOf(ArrayRef(integers).slice(span * vectors, vectors)), rows, sums,
              indexPlus(b, first, int64_t(span)));
}

} // namespace graphc
