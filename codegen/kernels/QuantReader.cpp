#include "codegen/kernels/QuantReader.h"

#include "codegen/kernels/ByteDot.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include "llvm/ADT/bit.h"

using namespace mlir;

namespace graphc {

static constexpr int64_t kUnitBytes = 4;

Value QuantReader::splat(int64_t value) {
  auto type = VectorType::get({target.lanes()}, b.getI32Type());
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, b.getI32IntegerAttr(static_cast<int32_t>(value))));
}

Value QuantReader::scales(Value memory, Value block, int64_t channel) {
  Value at = indexPlus(b, block, channel * QuantFormat::kScaleBytes);
  auto bytes = VectorType::get({target.lanes() * QuantFormat::kScaleBytes}, b.getI8Type());
  Value loaded = vector::LoadOp::create(b, bytes, memory, at);
  Value halves =
      vector::BitCastOp::create(b, VectorType::get({target.lanes()}, b.getF16Type()), loaded);
  auto floats = VectorType::get({target.lanes()}, b.getF32Type());
  return arith::ExtFOp::create(b, floats, halves, arith::FastMathFlagsAttr());
}

Value QuantReader::units(Value memory, Value data, int64_t unit, int64_t channel) {
  Value at = indexPlus(b, data, (unit * kPanelRows + channel) * kUnitBytes);
  auto type = VectorType::get({kUnitBytes * target.lanes()}, b.getI8Type());
  return vector::LoadOp::create(b, type, memory, at);
}

Value QuantReader::word(Value memory, Value byte, Type type) {
  auto bytes = VectorType::get({kUnitBytes}, b.getI8Type());
  Value four = vector::LoadOp::create(b, bytes, memory, byte);
  Value one = vector::BitCastOp::create(b, VectorType::get({1}, type), four);
  auto all = VectorType::get({target.lanes()}, type);
  return vector::BroadcastOp::create(b, all, vector::ExtractOp::create(b, one, 0));
}

/// The bits of column k as the uppermost of each lane: shifted down again, they have a sign.
Value QuantReader::shiftedFor(Value words, int64_t k) {
  int64_t bit = format.bits == 8 ? 8 * k : 8 * (k % 4) + 4 * (k / 4);
  int64_t shift = 32 - format.bits - bit;
  return shift == 0 ? words : Value(arith::ShLIOp::create(b, words, splat(shift)));
}

/// A number from a table of sixteen, by the four bits of each lane from `bit` on.
Value QuantReader::looked(Value words, int64_t bit, ArrayRef<float> table) {
  Type floats = VectorType::get({target.lanes()}, b.getF32Type());
  Value numbers =
      arith::ConstantOp::create(b, DenseElementsAttr::get(cast<VectorType>(floats), table));
  Value index = bit == 0 ? words : Value(arith::ShRUIOp::create(b, words, splat(bit)));
  return LLVM::CallIntrinsicOp::create(b, floats, b.getStringAttr("llvm.x86.avx512.permvar.sf.512"),
                                       {numbers, index})
      .getResult(0);
}

/// Column k of every lane as the bits of a bf16, in the lane's upper or lower half. The integers
/// are multiplied by 2^bf16Exponent().
Value QuantReader::bf16Bits(Value words, int64_t k, bool isUpper) {
  Type integers = words.getType();
  if (format.bits == 4) {
    SmallVector<float> table;
    for (int64_t q = 0; q < 16; ++q) {
      uint32_t bits = llvm::bit_cast<uint32_t>(static_cast<float>(q - 8));
      table.push_back(llvm::bit_cast<float>(isUpper ? bits : bits >> 16));
    }
    return vector::BitCastOp::create(b, integers, looked(words, 8 * (k % 4) + 4 * (k / 4), table));
  }
  // The byte as the uppermost of an integer, which f32 holds exactly: its lower half is zero.
  Value byte = k == 3 ? words : Value(arith::ShLIOp::create(b, words, splat(24 - 8 * k)));
  if (k != 0)
    byte = arith::AndIOp::create(b, byte, splat(static_cast<int32_t>(0xff000000u)));
  Type floats = VectorType::get({target.lanes()}, b.getF32Type());
  Value bits = vector::BitCastOp::create(b, integers, arith::SIToFPOp::create(b, floats, byte));
  return isUpper ? bits : Value(arith::ShRUIOp::create(b, bits, splat(16)));
}

Value QuantReader::bf16Pair(Value units, int64_t k) {
  Value words =
      vector::BitCastOp::create(b, VectorType::get({target.lanes()}, b.getI32Type()), units);
  Value lower = bf16Bits(words, k, /*isUpper=*/false);
  Value upper = bf16Bits(words, k + 1, /*isUpper=*/true);
  return vector::BitCastOp::create(b, units.getType(), arith::OrIOp::create(b, lower, upper));
}

SmallVector<Value> QuantReader::unpacked(Value units, PanelNumbers numbers) {
  SmallVector<Value> result;
  if (numbers == PanelNumbers::Bf16) {
    for (int64_t k = 0; k < format.unitColumns(); k += 2)
      result.push_back(bf16Pair(units, k));
    return result;
  }
  bool isSigned = numbers == PanelNumbers::Signed;
  if (isSigned && format.bits == 8)
    return {units};
  Value offset = arith::ConstantOp::create(
      b, DenseElementsAttr::get(cast<VectorType>(units.getType()), b.getI8IntegerAttr(8)));
  for (const ByteDot::Factor &factor : ByteDot(b, target, format.bits).unpack(units))
    result.push_back(isSigned ? Value(arith::SubIOp::create(b, factor.magnitude, offset))
                              : factor.magnitude);
  return result;
}

Value QuantReader::number(Value units, int64_t k) {
  Type floats = VectorType::get({target.lanes()}, b.getF32Type());
  Type words = VectorType::get({target.lanes()}, b.getI32Type());
  Value packed = vector::BitCastOp::create(b, words, units);
  if (format.bits == 4 && target.lanes() == 16) {
    SmallVector<float> table;
    for (int64_t q = 0; q < 16; ++q)
      table.push_back(static_cast<float>(q - 8));
    return looked(packed, 8 * (k % 4) + 4 * (k / 4), table);
  }
  if (format.bits == 4) // Stored plus 8: the same bits as signed ones, but for the uppermost.
    packed = arith::XOrIOp::create(b, packed, splat(static_cast<int32_t>(0x88888888u)));
  Value top = shiftedFor(packed, k);
  return arith::SIToFPOp::create(b, floats,
                                 arith::ShRSIOp::create(b, top, splat(32 - format.bits)));
}

} // namespace graphc
