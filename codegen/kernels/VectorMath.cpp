#include "codegen/kernels/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

#include <array>
#include <cmath>
#include <limits>

using namespace mlir;

namespace graphc {

namespace {

// The polynomials are Remez fits of this project; the error beside each is relative to the
// function's value and excludes the rounding of the evaluation.

/// 2^f on [-1/2, 1/2]: 2^-23.2. The constant is exactly 1, so that 2^0 is.
constexpr std::array<double, 6> kExp2 = {1.0,
                                         0.6931470632553101,
                                         0.24022236466407776,
                                         0.055506106466054916,
                                         0.00967186689376831,
                                         0.0013300988357514143};

/// (tanh(x) / x - 1) / x^2 in x^2, |x| <= 0.6: 2^-27.6.
constexpr double kTanhSmall = 0.6;
constexpr std::array<double, 5> kTanh = {-0.33333298563957214, 0.13331924378871918,
                                         -0.053783830255270004, 0.020795971155166626,
                                         -0.005895158275961876};

/// erf(x) / x - 1 in x^2, |x| <= 0.93: 2^-25.7.
constexpr double kErfSmall = 0.93;
constexpr std::array<double, 6> kErf = {0.12837910652160645,  -0.376124769449234,
                                        0.11281635612249374,  -0.026760028675198555,
                                        0.004983468446880579, -0.0005941218696534634};

/// log2(1 - erf(x)) on [0.9, 4]: 2^-27.1 of erf. From 4 on erf is 1 in f32.
constexpr double kErfOne = 4.0;
constexpr std::array<double, 7> kLog2Erfc = {
    -0.00024013420625124127, -1.6270674467086792,    -0.9189622402191162,   -0.15020428597927094,
    0.03219404071569443,     -0.0044225663878023624, 0.00028597033815458417};

constexpr double kLog2E = 1.4426950408889634;

/// What f32 leaves of log2(e).
constexpr double kLog2ELow = kLog2E - double(float(kLog2E));

/// Adding it puts the integer nearest to a small number into the low mantissa bits: 1.5 * 2^23.
constexpr double kIntegerShift = 12582912.0;

/// The type of `like` with another element type.
Type typeLike(Type like, Type elementType) {
  if (auto vector = dyn_cast<VectorType>(like))
    return vector.clone(elementType);
  return elementType;
}

int64_t lanesOf(Value x) {
  auto vector = dyn_cast<VectorType>(x.getType());
  return vector ? vector.getNumElements() : 1;
}

Value add(ImplicitLocOpBuilder &b, Value x, Value y) { return arith::AddFOp::create(b, x, y); }
Value sub(ImplicitLocOpBuilder &b, Value x, Value y) { return arith::SubFOp::create(b, x, y); }
Value mul(ImplicitLocOpBuilder &b, Value x, Value y) { return arith::MulFOp::create(b, x, y); }
Value div(ImplicitLocOpBuilder &b, Value x, Value y) { return arith::DivFOp::create(b, x, y); }
Value fma(ImplicitLocOpBuilder &b, Value x, Value y, Value z) {
  return math::FmaOp::create(b, x, y, z);
}
Value compare(ImplicitLocOpBuilder &b, arith::CmpFPredicate predicate, Value x, Value y) {
  return arith::CmpFOp::create(b, predicate, x, y);
}
Value select(ImplicitLocOpBuilder &b, Value condition, Value x, Value y) {
  return arith::SelectOp::create(b, condition, x, y);
}
/// min(limit, x) and max(limit, x) in one instruction; NaN stays NaN.
Value atMost(ImplicitLocOpBuilder &b, Value limit, Value x) {
  return select(b, compare(b, arith::CmpFPredicate::OLT, limit, x), limit, x);
}
Value atLeast(ImplicitLocOpBuilder &b, Value limit, Value x) {
  return select(b, compare(b, arith::CmpFPredicate::OGT, limit, x), limit, x);
}

} // namespace

//===----------------------------------------------------------------------===//
// Constants and helpers
//===----------------------------------------------------------------------===//

Value VectorMath::constant(double value, Value like) {
  TypedAttr number = b.getF32FloatAttr(static_cast<float>(value));
  if (auto vector = dyn_cast<VectorType>(like.getType()))
    number = DenseElementsAttr::get(vector, number);
  return arith::ConstantOp::create(b, number);
}

Value VectorMath::integer(int64_t value, Type like) {
  TypedAttr number = b.getIntegerAttr(getElementTypeOrSelf(like), value);
  if (auto vector = dyn_cast<VectorType>(like))
    number = DenseElementsAttr::get(vector, number);
  return arith::ConstantOp::create(b, number);
}

Value VectorMath::intrinsic(StringRef name, Type type, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name), operands).getResult(0);
}

Value VectorMath::horner(Value x, ArrayRef<double> coefficients) {
  Value sum = constant(coefficients.back(), x);
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = fma(b, sum, x, constant(coefficient, x));
  return sum;
}

Value VectorMath::max(Value left, Value right) { return atLeast(b, left, right); }

//===----------------------------------------------------------------------===//
// Exponentials
//===----------------------------------------------------------------------===//

// 2^(high + low) with |low| tiny: split `high` into the nearest integer and the rest, which is
// exact, take the polynomial of the rest, and scale by the power of two. No `low` is a null Value.

/// The integer next to `high`, and 2^ of what is left.
std::pair<Value, Value> VectorMath::splitExp2(Value high, Value low) {
  Value whole = math::RoundEvenOp::create(b, high);
  Value rest = sub(b, high, whole);
  if (low)
    rest = add(b, rest, low);
  return {whole, horner(rest, kExp2)};
}

/// With AVX-512: one instruction scales, and lanes below -126 are masked (NaN is not below).
Value VectorMath::scaledExp2(Value high, Value low) {
  auto [whole, power] = splitExp2(high, low);
  Value isNormal = compare(b, arith::CmpFPredicate::UGE, high, constant(-126.0, high));
  Type bits = VectorType::get({1}, b.getI16Type());
  Value lanes = vector::BitCastOp::create(b, cast<VectorType>(bits), isNormal);
  lanes = vector::ExtractOp::create(b, lanes, ArrayRef<int64_t>{0});
  Value ownRounding = integer(4, b.getI32Type());
  return intrinsic("llvm.x86.avx512.mask.scalef.ps.512", high.getType(),
                   {power, whole, constant(0.0, high), lanes, ownRounding});
}

/// With integers: the whole part, clamped to what an exponent holds, is added to the exponent.
Value VectorMath::shiftedExp2(Value high, Value low) {
  Type bits = typeLike(high.getType(), b.getI32Type());
  Value clamped = atLeast(b, constant(-127.0, high), atMost(b, constant(128.0, high), high));
  auto [whole, power] = splitExp2(clamped, low);
  Value exponent = arith::BitcastOp::create(b, bits, add(b, whole, constant(kIntegerShift, whole)));
  exponent = arith::ShLIOp::create(b, exponent, integer(23, bits));
  power = arith::BitcastOp::create(b, bits, power);
  Value scaled = arith::AddIOp::create(b, power, exponent);
  scaled = arith::BitcastOp::create(b, high.getType(), scaled);
  Value isTiny = compare(b, arith::CmpFPredicate::OLT, high, constant(-126.0, high));
  Value isHuge = compare(b, arith::CmpFPredicate::OGE, high, constant(128.0, high));
  Value inf = constant(std::numeric_limits<double>::infinity(), high);
  return select(b, isTiny, constant(0.0, high), select(b, isHuge, inf, scaled));
}

Value VectorMath::exp2OfSum(Value high, Value low) {
  return lanesOf(high) == 16 && target.has("avx512f") ? scaledExp2(high, low)
                                                      : shiftedExp2(high, low);
}

Value VectorMath::exp2(Value x) { return exp2OfSum(x, Value()); }

Value VectorMath::exp(Value x) {
  // x log2(e) in two parts, or its rounding would be an error of |x| units. Beyond the limits the
  // result is inf or 0; the clamp keeps inf - inf out of the low part.
  Value inside = atLeast(b, constant(-104.0, x), atMost(b, constant(89.0, x), x));
  Value log2e = constant(kLog2E, x);
  Value high = mul(b, inside, log2e);
  Value rest = fma(b, inside, log2e, arith::NegFOp::create(b, high));
  Value low = fma(b, inside, constant(kLog2ELow, x), rest);
  return exp2OfSum(high, low);
}

//===----------------------------------------------------------------------===//
// Sigmoids
//===----------------------------------------------------------------------===//

/// x / (1 + exp(-t)), where x may be 1.
static Value overOnePlusExp(VectorMath &math, ImplicitLocOpBuilder &b, Value x, Value t) {
  Value decay = math.exp(arith::NegFOp::create(b, t));
  return div(b, x, add(b, math.constant(1.0, t), decay));
}

Value VectorMath::sigmoid(Value x) { return overOnePlusExp(*this, b, constant(1.0, x), x); }

Value VectorMath::tanh(Value x) {
  Value one = constant(1.0, x);
  Value size = math::AbsFOp::create(b, x);
  // Large: 1 - 2 / (exp(2 |x|) + 1), with the sign of x.
  Value large = add(b, exp(add(b, size, size)), one);
  large = sub(b, one, div(b, constant(2.0, x), large));
  large = math::CopySignOp::create(b, large, x);
  // Small: x + x^3 P(x^2).
  Value square = mul(b, x, x);
  Value small = fma(b, mul(b, square, x), horner(square, kTanh), x);
  Value isSmall = compare(b, arith::CmpFPredicate::OLT, size, constant(kTanhSmall, x));
  return select(b, isSmall, small, large);
}

Value VectorMath::erf(Value x) {
  Value size = math::AbsFOp::create(b, x);
  // Large: 1 - 2^L(|x|), with the sign of x.
  Value large = atMost(b, constant(kErfOne, x), size);
  large = sub(b, constant(1.0, x), exp2(horner(large, kLog2Erfc)));
  large = math::CopySignOp::create(b, large, x);
  // Small: x + x P(x^2).
  Value square = mul(b, x, x);
  Value small = fma(b, x, horner(square, kErf), x);
  Value isSmall = compare(b, arith::CmpFPredicate::OLT, size, constant(kErfSmall, x));
  return select(b, isSmall, small, large);
}

Value VectorMath::rsqrt(Value x) { return div(b, constant(1.0, x), math::SqrtOp::create(b, x)); }

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

Value VectorMath::silu(Value x) { return overOnePlusExp(*this, b, x, x); }

Value VectorMath::gelu(Value x, GeluForm form) {
  if (form == GeluForm::Erf) {
    Value inner = erf(mul(b, x, constant(std::sqrt(0.5), x)));
    Value half = mul(b, x, constant(0.5, x));
    return fma(b, half, inner, half);
  }
  // (1 + tanh(u)) / 2 = sigmoid(2u), without the cancellation of the left side.
  constexpr double kTwiceSqrt2OverPi = 1.5957691216057308;
  Value square = mul(b, x, x);
  Value factor =
      fma(b, square, constant(0.044715 * kTwiceSqrt2OverPi, x), constant(kTwiceSqrt2OverPi, x));
  return overOnePlusExp(*this, b, x, mul(b, x, factor));
}

Value VectorMath::relu(Value x) { return atLeast(b, constant(0.0, x), x); }

Value VectorMath::activation(Value x, Activation kind) {
  switch (kind) {
  case Activation::Silu:
    return silu(x);
  case Activation::GeluTanh:
    return gelu(x, GeluForm::Tanh);
  case Activation::GeluErf:
    return gelu(x, GeluForm::Erf);
  case Activation::Relu:
    return relu(x);
  }
  llvm_unreachable("an activation without a function");
}

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

Value VectorMath::toBf16(Value x) {
  Type bf16 = typeLike(x.getType(), b.getBF16Type());
  int64_t lanes = lanesOf(x);
  if (target.hasBf16Dot() && (lanes == 16 || lanes == 8))
    return x86vector::CvtPackedF32ToBF16Op::create(b, bf16, x);

  // Half of the dropped bits' range, and one more when the last kept bit is odd.
  Type i32 = typeLike(x.getType(), b.getI32Type());
  Type i16 = typeLike(x.getType(), b.getI16Type());
  Value bits = arith::BitcastOp::create(b, i32, x);
  Value half = integer(16, i32);
  Value odd = arith::AndIOp::create(b, arith::ShRUIOp::create(b, bits, half), integer(1, i32));
  Value rounding = arith::AddIOp::create(b, odd, integer(0x7fff, i32));
  Value rounded = arith::AddIOp::create(b, bits, rounding);
  // The carry would make infinities and zeros of some NaNs; set their quiet bit instead.
  Value quiet = arith::OrIOp::create(b, bits, integer(0x400000, i32));
  Value isNan = compare(b, arith::CmpFPredicate::UNO, x, x);
  Value chosen = select(b, isNan, quiet, rounded);
  Value high = arith::TruncIOp::create(b, i16, arith::ShRUIOp::create(b, chosen, half));
  return arith::BitcastOp::create(b, bf16, high);
}

Value VectorMath::fromBf16(Value x) {
  Type i16 = typeLike(x.getType(), b.getI16Type());
  Type i32 = typeLike(x.getType(), b.getI32Type());
  Type f32 = typeLike(x.getType(), b.getF32Type());
  Value bits = arith::ExtUIOp::create(b, i32, arith::BitcastOp::create(b, i16, x));
  bits = arith::ShLIOp::create(b, bits, integer(16, i32));
  return arith::BitcastOp::create(b, f32, bits);
}

Value VectorMath::convert(Value x, Type elementType) {
  Type from = getElementTypeOrSelf(x.getType());
  if (from == elementType)
    return x;
  if (from.isBF16())
    x = fromBf16(x);
  else if (from.isF16())
    x = arith::ExtFOp::create(b, typeLike(x.getType(), b.getF32Type()), x);
  if (elementType.isBF16())
    return toBf16(x);
  if (elementType.isF16())
    return arith::TruncFOp::create(b, typeLike(x.getType(), elementType), x);
  return x;
}

//===----------------------------------------------------------------------===//
// Across lanes
//===----------------------------------------------------------------------===//

Value VectorMath::reduceLanes(Value x, function_ref<Value(Value, Value)> combine) {
  for (int64_t lanes = lanesOf(x) / 2; lanes >= 1; lanes /= 2) {
    auto part = [&](int64_t first) -> Value {
      SmallVector<int64_t> mask = llvm::to_vector(llvm::seq(first, first + lanes));
      return vector::ShuffleOp::create(b, x, x, mask);
    };
    Value upper = part(lanes);
    x = combine(part(0), upper);
  }
  return vector::ExtractOp::create(b, x, ArrayRef<int64_t>{0});
}

Value VectorMath::reduceRows(ArrayRef<Value> rows, function_ref<Value(Value, Value)> combine) {
  SmallVector<Value> vectors(rows);
  int64_t lanes = lanesOf(rows.front());
  // A row has `width` lanes left, and lanes / width rows share a vector.
  for (int64_t width = lanes; width > 1; width /= 2) {
    auto halves = [&](Value x, Value y, int64_t first) -> Value {
      SmallVector<int64_t> mask;
      for (int64_t row = 0; row < 2 * lanes; row += width)
        llvm::append_range(mask, llvm::seq(row + first, row + first + width / 2));
      return vector::ShuffleOp::create(b, x, y, mask);
    };
    size_t pairs = std::max<size_t>(vectors.size() / 2, 1);
    for (size_t i = 0; i < pairs; ++i) {
      Value x = vectors[2 * i], y = vectors.size() == 1 ? x : vectors[2 * i + 1];
      Value upper = halves(x, y, width / 2);
      vectors[i] = combine(halves(x, y, 0), upper);
    }
    vectors.resize(pairs);
  }
  return vectors.front();
}

Value VectorMath::sumLanes(Value x) {
  return reduceLanes(x, [&](Value low, Value high) { return add(b, low, high); });
}

Value VectorMath::maxLanes(Value x) {
  return reduceLanes(x, [&](Value low, Value high) { return max(low, high); });
}

} // namespace graphc
