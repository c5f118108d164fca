#include "codegen/kernels/QuantReader.h"

#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

static constexpr int64_t kUnitBytes = QuantFormat::kUnitBytes;

Value QuantReader::splat(int64_t value) {
  auto type = VectorType::get({target.lanes()}, b.getI32Type());
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, b.getI32IntegerAttr(static_cast<int32_t>(value))));
}

/// Numbers of f16 from `byte` on, as f32, one a lane.
Value QuantReader::halves(Value memory, Value byte) {
  auto bytes = VectorType::get({target.lanes() * QuantFormat::kScaleBytes}, b.getI8Type());
  Value loaded = vector::LoadOp::create(b, bytes, memory, byte);
  Value halves =
      vector::BitCastOp::create(b, VectorType::get({target.lanes()}, b.getF16Type()), loaded);
  auto floats = VectorType::get({target.lanes()}, b.getF32Type());
  return arith::ExtFOp::create(b, floats, halves, arith::FastMathFlagsAttr());
}

/// Numbers of i8 from `byte` on, as f32, one a lane.
Value QuantReader::factors(Value memory, Value byte) {
  auto bytes = VectorType::get({target.lanes()}, b.getI8Type());
  Value loaded = vector::LoadOp::create(b, bytes, memory, byte);
  auto floats = VectorType::get({target.lanes()}, b.getF32Type());
  return arith::SIToFPOp::create(b, floats, loaded);
}

QuantReader::Scales QuantReader::scales(Value memory, Value block, int64_t channel) {
  constexpr int64_t kBytes = QuantFormat::kScaleBytes;
  Scales result{halves(memory, indexPlus(b, block, channel * kBytes)), {}};
  if (format.hasMinimum)
    result.minimum = halves(memory, indexPlus(b, block, (kPanelRows + channel) * kBytes));
  return result;
}

QuantReader::Scales QuantReader::scalesOfGroup(const Scales &block, Value memory, Value group,
                                               int64_t channel) {
  auto times = [&](Value number, int64_t byte) -> Value {
    return arith::MulFOp::create(b, number, factors(memory, indexPlus(b, group, byte)));
  };
  Scales result{times(block.scale, channel), {}};
  if (format.hasMinimum)
    result.minimum = times(block.minimum, kPanelRows + channel);
  return result;
}

Value QuantReader::unit(Value memory, Value data, Value unit, int64_t channel) {
  Value at = arith::AddIOp::create(b, data, indexTimes(b, unit, kPanelRows * kUnitBytes));
  auto type = VectorType::get({kUnitBytes * target.lanes()}, b.getI8Type());
  return vector::LoadOp::create(b, type, memory, indexPlus(b, at, channel * kUnitBytes));
}

QuantUnits QuantReader::units(Value memory, Value data, Value unit, int64_t channel) {
  Value low = this->unit(memory, data, unit, channel);
  return {low, format.highBits() == 0 ? Value() : highUnits(memory, data, unit, channel)};
}

/// Several units have their high bits in one of these: those of a unit, shifted to the lower end.
Value QuantReader::highUnits(Value memory, Value data, Value unit, int64_t channel) {
  const int64_t together = format.highUnitColumns() / format.unitColumns();
  const int64_t bits = format.highBits() * format.unitColumns() / 4;
  Value count = arith::ConstantIndexOp::create(b, together);
  Value high = indexPlus(b, data, format.lowBytes(kPanelRows, format.spanColumns()));
  Value bytes = this->unit(memory, high, arith::DivUIOp::create(b, unit, count), channel);
  auto words = VectorType::get({target.lanes()}, b.getI32Type());
  Value all = vector::BitCastOp::create(b, words, bytes);
  Value bit = indexTimes(b, arith::RemUIOp::create(b, unit, count), bits);
  Value shift =
      vector::BroadcastOp::create(b, words, arith::IndexCastOp::create(b, b.getI32Type(), bit));
  return vector::BitCastOp::create(b, bytes.getType(), arith::ShRUIOp::create(b, all, shift));
}

Value QuantReader::word(Value memory, Value byte, Type type) {
  auto bytes = VectorType::get({kUnitBytes}, b.getI8Type());
  Value four = vector::LoadOp::create(b, bytes, memory, byte);
  Value one = vector::BitCastOp::create(b, VectorType::get({1}, type), four);
  auto all = VectorType::get({target.lanes()}, type);
  return vector::BroadcastOp::create(b, all, vector::ExtractOp::create(b, one, 0));
}

/// An integer's bits as the uppermost of each lane: shifted down again, they have a sign.
Value QuantReader::shiftedUp(Value words, int64_t count) {
  return count == 0 ? words : Value(arith::ShLIOp::create(b, words, splat(count)));
}

/// The int4 that begins at `bit` of each of the units' words, looked up in a table of `number`,
/// whose size a word has. Of a word of 32 bits the instruction takes the lowest four, of one of 16
/// the lowest five, of which the fifth is a neighbour's.
Value QuantReader::lookedUp(Value units, int64_t bit, FloatType number) {
  bool isWide = number.getWidth() == 32;
  int64_t count = target.lanes() * 32 / number.getWidth();
  auto words = VectorType::get({count}, b.getIntegerType(number.getWidth()));
  auto numbers = VectorType::get({count}, number);
  SmallVector<Attribute> integers;
  for (int64_t i = 0; i < count; ++i)
    integers.push_back(b.getFloatAttr(number, static_cast<double>(format.integerOf(i % 16))));
  Value table = arith::ConstantOp::create(b, DenseElementsAttr::get(numbers, integers));
  Value index = vector::BitCastOp::create(b, words, units);
  if (bit != 0) {
    auto shift = DenseElementsAttr::get(words, b.getIntegerAttr(words.getElementType(), bit));
    index = arith::ShRUIOp::create(b, index, arith::ConstantOp::create(b, shift));
  }
  StringRef name = isWide ? "llvm.x86.avx512.permvar.sf.512" : "llvm.x86.avx512.permvar.hi.512";
  Type type = isWide ? numbers : words; // That of 16 bits knows integers alone.
  if (!isWide)
    table = vector::BitCastOp::create(b, words, table);
  return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name), {table, index}).getResult(0);
}

/// Columns k and k + 1 of int8. Each becomes the uppermost byte of an integer, which f32 holds
/// exactly: its lower half is zero.
Value QuantReader::convertedPair(Value units, int64_t k) {
  auto words = VectorType::get({2 * target.lanes()}, b.getI16Type());
  auto bytes = cast<VectorType>(units.getType());
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(bytes));
  SmallVector<Value> numbers;
  for (int64_t column : {k, k + 1}) {
    SmallVector<int64_t> places;
    for (int64_t byte = 0; byte < bytes.getNumElements(); byte += kUnitBytes) {
      places.append(kUnitBytes - 1, bytes.getNumElements());
      places.push_back(byte + byteOfColumn(column));
    }
    Value integers = vector::BitCastOp::create(b, VectorType::get({target.lanes()}, b.getI32Type()),
                                               vector::ShuffleOp::create(b, units, zero, places));
    Type floats = VectorType::get({target.lanes()}, b.getF32Type());
    numbers.push_back(
        vector::BitCastOp::create(b, words, arith::SIToFPOp::create(b, floats, integers)));
  }
  SmallVector<int64_t> upper;
  for (int64_t lane = 0; lane < target.lanes(); ++lane)
    upper.append({2 * lane + 1, words.getNumElements() + 2 * lane + 1});
  return vector::ShuffleOp::create(b, numbers[0], numbers[1], upper);
}

Value QuantReader::bf16Pair(const QuantUnits &units, int64_t k) {
  assert(k % 2 == 0 && "a pair begins with an even column");
  // Both columns of int4 begin at the same bit of their words.
  Value pair = isLookedUp() ? lookedUp(units.low, format.bitOf(k), b.getBF16Type())
                            : convertedPair(dot.signedBytes(units, k / 4), k % 4);
  return vector::BitCastOp::create(b, units.low.getType(), pair);
}

SmallVector<Value> QuantReader::unpacked(const QuantUnits &units, PanelNumbers numbers) {
  SmallVector<Value> result;
  if (numbers == PanelNumbers::Bf16) {
    for (int64_t k = 0; k < format.unitColumns(); k += 2)
      result.push_back(bf16Pair(units, k));
    return result;
  }
  assert(!format.isWhole() && "int8 is ready as it is packed");
  if (numbers == PanelNumbers::Signed) {
    for (int64_t factor = 0; factor < format.unitColumns() / 4; ++factor)
      result.push_back(dot.signedBytes(units, factor));
    return result;
  }
  for (const ByteDot::Factor &factor : dot.unpack(units))
    result.push_back(factor.magnitude);
  return result;
}

Value QuantReader::number(const QuantUnits &units, int64_t k) {
  Type floats = VectorType::get({target.lanes()}, b.getF32Type());
  Type words = VectorType::get({target.lanes()}, b.getI32Type());
  if (isLookedUp() && target.lanes() == 16)
    return lookedUp(units.low, format.bitOf(k), b.getF32Type());
  if (!isLookedUp() || format.isNonlinear) { // As int8, whose columns have bytes of their own.
    Value bytes = vector::BitCastOp::create(b, words, dot.signedBytes(units, k / 4));
    Value top = shiftedUp(bytes, 24 - 8 * byteOfColumn(k));
    return arith::SIToFPOp::create(b, floats, arith::ShRSIOp::create(b, top, splat(24)));
  }
  Value packed = vector::BitCastOp::create(b, words, units.low);
  if (format.storedOffset() != 0) // The same bits as signed ones, but for the uppermost.
    packed = arith::XOrIOp::create(b, packed, splat(static_cast<int32_t>(0x88888888u)));
  Value top = shiftedUp(packed, 28 - format.bitOf(k)), down = splat(28);
  Value integers = format.hasMinimum ? Value(arith::ShRUIOp::create(b, top, down))
                                     : arith::ShRSIOp::create(b, top, down);
  return arith::SIToFPOp::create(b, floats, integers);
}

} // namespace graphc
