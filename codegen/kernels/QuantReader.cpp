#include "codegen/kernels/QuantReader.h"

#include "codegen/kernels/ByteDot.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

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

/// Two columns a lane. Integers have no more bits than a bf16 has, so the upper half of their f32
/// is all of it.
SmallVector<Value> QuantReader::bf16Pairs(Value units) {
  Type words = VectorType::get({target.lanes()}, b.getI32Type());
  auto bits = [&](int64_t k) -> Value {
    return vector::BitCastOp::create(b, words, number(units, k));
  };
  SmallVector<Value> pairs;
  for (int64_t k = 0; k < format.unitColumns(); k += 2) {
    Value low = arith::ShRUIOp::create(b, bits(k), splat(16));
    Value pair = arith::OrIOp::create(b, low, bits(k + 1));
    pairs.push_back(vector::BitCastOp::create(b, units.getType(), pair));
  }
  return pairs;
}

SmallVector<Value> QuantReader::unpacked(Value units, PanelNumbers numbers) {
  if (numbers == PanelNumbers::Bf16)
    return bf16Pairs(units);
  bool isSigned = numbers == PanelNumbers::Signed;
  if (isSigned && format.bits == 8)
    return {units};
  SmallVector<Value> result;
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
    // A table of all sixteen numbers; an index is the lowest four bits of a lane.
    SmallVector<float> numbers;
    for (int64_t q = 0; q < 16; ++q)
      numbers.push_back(static_cast<float>(q - 8));
    Value table = arith::ConstantOp::create(
        b, DenseElementsAttr::get(cast<VectorType>(floats), ArrayRef(numbers)));
    int64_t bit = 8 * (k % 4) + 4 * (k / 4);
    Value index = bit == 0 ? packed : Value(arith::ShRUIOp::create(b, packed, splat(bit)));
    return LLVM::CallIntrinsicOp::create(
               b, floats, b.getStringAttr("llvm.x86.avx512.permvar.sf.512"), {table, index})
        .getResult(0);
  }
  if (format.bits == 4) // Stored plus 8: the same bits as signed ones, but for the uppermost.
    packed = arith::XOrIOp::create(b, packed, splat(static_cast<int32_t>(0x88888888u)));
  Value top = shiftedFor(packed, k);
  return arith::SIToFPOp::create(b, floats,
                                 arith::ShRSIOp::create(b, top, splat(32 - format.bits)));
}

} // namespace graphc
