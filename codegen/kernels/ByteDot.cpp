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

SmallVector<ByteDot::Factor> ByteDot::unpack(Value units) {
  if (format.bits == 8) {
    if (format.hasMinimum)
      return {{units, {}}};
    if (!needsOffset()) {
      // The magnitude of -128, which the format leaves out, would still be right as unsigned byte.
      Value zero = splat(units.getType(), 0);
      Value negative = arith::SubIOp::create(b, zero, units);
      return {{arith::MaxSIOp::create(b, units, negative), units}};
    }
    return {{arith::XOrIOp::create(b, units, splat(units.getType(), -128)), {}}};
  }
  // Bytes are shifted as 16 bits: what comes in from a neighbour is masked off.
  Value mask = splat(units.getType(), 0x0f);
  Value low = arith::AndIOp::create(b, units, mask);
  Type words = viewedAs(units.getType(), b.getI16Type());
  Value shifted =
      arith::ShRUIOp::create(b, vector::BitCastOp::create(b, words, units), splat(words, 4));
  Value high = vector::BitCastOp::create(b, units.getType(), shifted);
  return {{low, {}}, {arith::AndIOp::create(b, high, mask), {}}};
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
