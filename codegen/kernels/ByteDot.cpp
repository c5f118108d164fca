#include "codegen/kernels/ByteDot.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

/// "vector of the same bits, of `element`".
static VectorType viewedAs(Type type, Type element) {
  auto vector = cast<VectorType>(type);
  int64_t vectorBits = vector.getNumElements() * vector.getElementTypeBitWidth();
  return VectorType::get({vectorBits / element.getIntOrFloatBitWidth()}, element);
}

Value ByteDot::splat(Type type, int64_t value) {
  Type element = cast<VectorType>(type).getElementType();
  auto attribute = DenseElementsAttr::get(cast<VectorType>(type), b.getIntegerAttr(element, value));
  return arith::ConstantOp::create(b, attribute);
}

Value ByteDot::call(StringRef name, Type type, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name), operands).getResult(0);
}

/// Bytes are shifted as 16 bits, to the left if `bits` is negative: what comes in from a neighbour
/// has to be masked off.
Value ByteDot::shiftedRight(Value bytes, int64_t bits) {
  if (bits == 0)
    return bytes;
  Type words = viewedAs(bytes.getType(), b.getI16Type());
  Value from = vector::BitCastOp::create(b, words, bytes), count = splat(words, std::abs(bits));
  Value shifted = bits > 0 ? Value(arith::ShRUIOp::create(b, from, count))
                           : arith::ShLIOp::create(b, from, count);
  return vector::BitCastOp::create(b, bytes.getType(), shifted);
}

/// Four columns as they are stored, out of a vector's units.
Value ByteDot::storedBytes(const QuantUnits &units, int64_t factor) {
  if (format.isWhole())
    return units.low;
  Type type = units.low.getType();
  Value bytes = arith::AndIOp::create(b, shiftedRight(units.low, 4 * factor), splat(type, 0x0f));
  if (!units.high)
    return bytes;
  const int64_t mask = ((int64_t(1) << format.highBits()) - 1) << 4;
  Value high = shiftedRight(units.high, factor * format.highBits() - 4);
  return arith::OrIOp::create(b, bytes, arith::AndIOp::create(b, high, splat(type, mask)));
}

/// What `entry` makes of the integers of kNonlinear4 at some places.
Value ByteDot::lookedUp(Value places, function_ref<int8_t(int8_t)> entry) {
  auto type = cast<VectorType>(places.getType());
  SmallVector<int8_t> table; // The instruction looks up in each 16 bytes.
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    table.push_back(entry(kNonlinear4[static_cast<size_t>(i) % kNonlinear4.size()]));
  Value all = arith::ConstantOp::create(b, DenseElementsAttr::get(type, ArrayRef(table)));
  bool isWide = target.lanes() == 16;
  return call(isWide ? "llvm.x86.avx512.pshuf.b.512" : "llvm.x86.avx2.pshuf.b", type,
              {all, places});
}

/// What four columns as they are stored are multiplied as.
ByteDot::Factor ByteDot::factorOf(Value bytes) {
  Type type = bytes.getType();
  if (format.isNonlinear) {
    if (needsOffset())
      return {lookedUp(bytes, [](int8_t q) { return static_cast<int8_t>(q ^ -128); }), {}};
    return {lookedUp(bytes, [](int8_t q) { return static_cast<int8_t>(std::abs(q)); }),
            lookedUp(bytes, [](int8_t q) { return q; })};
  }
  if (!format.isWhole() || format.hasMinimum)
    return {bytes, {}};
  if (needsOffset())
    return {arith::XOrIOp::create(b, bytes, splat(type, -128)), {}};
  // The magnitude of -128, which the format leaves out, would still be right as unsigned byte.
  Value negative = arith::SubIOp::create(b, splat(type, 0), bytes);
  return {arith::MaxSIOp::create(b, bytes, negative), bytes};
}

SmallVector<ByteDot::Factor> ByteDot::unpack(const QuantUnits &units) {
  SmallVector<Factor> factors;
  for (int64_t factor = 0; factor < format.unitColumns() / 4; ++factor)
    factors.push_back(factorOf(storedBytes(units, factor)));
  return factors;
}

Value ByteDot::signedBytes(const QuantUnits &units, int64_t factor) {
  Value bytes = storedBytes(units, factor);
  if (format.isNonlinear)
    return lookedUp(bytes, [](int8_t q) { return q; });
  if (format.storedOffset() == 0)
    return bytes;
  return arith::SubIOp::create(b, bytes, splat(bytes.getType(), format.storedOffset()));
}

/// Each byte of the row, negated where the weight is negative.
Value ByteDot::withSignOf(Value row, Value weights) {
  if (target.lanes() == 8)
    return call("llvm.x86.avx2.psign.b", row.getType(), {row, weights});
  Value zero = splat(row.getType(), 0);
  Value isNegative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, weights, zero);
  Value negated = arith::SubIOp::create(b, zero, row);
  return arith::SelectOp::create(b, isNegative, negated, row);
}

Value ByteDot::add(Value sum, Value row, const Factor &weights) {
  if (target.hasByteDot())
    return call("llvm.x86.avx512.vpdpbusd.512", sum.getType(), {sum, weights.magnitude, row});
  if (weights.sign)
    row = withSignOf(row, weights.sign);
  bool isWide = target.lanes() == 16;
  Type words = viewedAs(row.getType(), b.getI16Type());
  Value pairs = call(isWide ? "llvm.x86.avx512.pmaddubs.w.512" : "llvm.x86.avx2.pmadd.ub.sw", words,
                     {weights.magnitude, row});
  Value fours = call(isWide ? "llvm.x86.avx512.pmaddw.d.512" : "llvm.x86.avx2.pmadd.wd",
                     sum.getType(), {pairs, splat(words, 1)});
  return arith::AddIOp::create(b, sum, fours);
}

} // namespace graphc
