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

SmallVector<ByteDot::Factor> ByteDot::unpack(const QuantUnits &units) {
  Value low = units.low;
  if (format.isWhole()) {
    if (format.hasMinimum)
      return {{low, {}}};
    if (!needsOffset()) {
      // The magnitude of -128, which the format leaves out, would still be right as unsigned byte.
      Value zero = splat(low.getType(), 0);
      Value negative = arith::SubIOp::create(b, zero, low);
      return {{arith::MaxSIOp::create(b, low, negative), low}};
    }
    return {{arith::XOrIOp::create(b, low, splat(low.getType(), -128)), {}}};
  }
  SmallVector<Factor> factors;
  const int64_t highMask = ((int64_t(1) << format.highBits()) - 1) << 4;
  for (int64_t half : {0, 1}) {
    Value bytes = arith::AndIOp::create(b, shiftedRight(low, 4 * half), splat(low.getType(), 0x0f));
    if (units.high) {
      Value high = shiftedRight(units.high, half * format.highBits() - 4);
      high = arith::AndIOp::create(b, high, splat(low.getType(), highMask));
      bytes = arith::OrIOp::create(b, bytes, high);
    }
    factors.push_back({bytes, {}});
  }
  return factors;
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
