// Products of floats: f32 by f32, f16 or bf16, bf16 by bf16, and both rows by i8.
//
// A block is one step of the packed right factor: one element of k (f32, f16) or a pair (bf16, i8).
// Where the target has a bf16 dot product that pays, a pair is one instruction; else bf16 is
// widened to f32 (exact) and every element of k is a multiply-add of its own. f16 becomes f32,
// bytes become bf16 or f32 in registers, exactly too; the bytes' scales are the caller's.
#include "codegen/kernels/BlockProduct.h"
#include "codegen/kernels/MicroKernel.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

using namespace mlir;

namespace graphc {

bool multipliesWidened(const Target &target, Type left, Type right) {
  bool isInPairs = right.isBF16() || right.isInteger(8) || isa<QuantType>(right);
  return !(left.isBF16() && isInPairs && target.prefersBf16Dot());
}

namespace {

class FloatProduct : public BlockProduct {
public:
  FloatProduct(ImplicitLocOpBuilder &builder, const Target &target, Type left, Type right)
      : b(builder), leftType(left), rightType(right), lanes(target.lanes()),
        pair(packedPair(right)), widens(multipliesWidened(target, left, right)) {}

  int64_t depth() const override { return pair; }
  void emit(const BlockPlace &place, int64_t rows, MutableArrayRef<Value> sums) override;

private:
  /// Where the factors of a block begin.
  struct Step {
    const LeftRows &left;
    const RightPanel &right;
    Value leftAt, rightAt;
    int64_t leftOffset, rightOffset;
    int64_t valid;
  };

  void emitDots(const Step &step, int64_t rows, MutableArrayRef<Value> sums);
  void emitFmas(const Step &step, int64_t rows, MutableArrayRef<Value> sums);

  Value leftElement(const Step &step, int64_t row, int64_t k);
  Value leftPair(const Step &step, int64_t row);
  Value rightVector(const Step &step, int64_t vector);
  Value bf16OfBytes(Value bytes);
  Value widened(Value pairs, int64_t k);
  Value widenedBytes(Value bytes, int64_t k);
  bool isRightBytes() const { return rightType.isInteger(8); }

  VectorType sumType() const { return VectorType::get({lanes}, b.getF32Type()); }
  VectorType bitsType() const { return VectorType::get({lanes}, b.getI32Type()); }
  Value splatBits(uint32_t bits);

  ImplicitLocOpBuilder &b;
  Type leftType;
  Type rightType;
  int64_t lanes;
  int64_t pair;
  bool widens;
};

} // namespace

Value FloatProduct::splatBits(uint32_t bits) {
  auto splat = DenseElementsAttr::get(bitsType(), b.getI32IntegerAttr(static_cast<int32_t>(bits)));
  return arith::ConstantOp::create(b, splat);
}

//===----------------------------------------------------------------------===//
// Operands of a step
//===----------------------------------------------------------------------===//

/// A row's element `k` of the step, as f32 in every lane.
Value FloatProduct::leftElement(const Step &step, int64_t row, int64_t k) {
  if (leftType.isF32()) {
    Value at = indexPlus(b, step.leftAt, step.leftOffset + row * step.left.stride + k);
    Value element = memref::LoadOp::create(b, step.left.memory, at);
    return vector::BroadcastOp::create(b, sumType(), element);
  }
  return widened(leftPair(step, row), k);
}

/// A row's two bf16 elements of the step in every lane. An element that the row does not have is
/// zero and is not read.
Value FloatProduct::leftPair(const Step &step, int64_t row) {
  Value at = indexPlus(b, step.leftAt, step.leftOffset + row * step.left.stride);
  Type bf16 = b.getBF16Type();
  Value bits;
  if (step.valid == pair) {
    Value two = vector::LoadOp::create(b, VectorType::get({2}, bf16), step.left.memory, at);
    Value one = vector::BitCastOp::create(b, VectorType::get({1}, b.getI32Type()), two);
    bits = vector::ExtractOp::create(b, one, 0);
  } else {
    Value element = memref::LoadOp::create(b, step.left.memory, at);
    Value half = arith::BitcastOp::create(b, b.getI16Type(), element);
    bits = arith::ExtUIOp::create(b, b.getI32Type(), half);
  }
  Value all = vector::BroadcastOp::create(b, bitsType(), bits);
  return vector::BitCastOp::create(b, VectorType::get({2 * lanes}, bf16), all);
}

Value FloatProduct::rightVector(const Step &step, int64_t vector) {
  const RightVector &place = step.right.vectors[vector];
  Value at = indexPlus(b, place.inPanel(b, step.rightAt), step.rightOffset + place.channel * pair);
  VectorType type = VectorType::get({lanes * pair}, rightType);
  return vector::LoadOp::create(b, type, step.right.memory, at);
}

/// Pairs of bytes as pairs of bf16, which hold them exactly.
Value FloatProduct::bf16OfBytes(Value bytes) {
  auto floats = [&](int64_t first) -> Value {
    Value half = vector::ExtractStridedSliceOp::create(
        b, bytes, ArrayRef<int64_t>{first}, ArrayRef<int64_t>{lanes}, ArrayRef<int64_t>{1});
    return arith::SIToFPOp::create(b, sumType(), arith::ExtSIOp::create(b, bitsType(), half));
  };
  assert(lanes == 16 && "dot products are of 512 bits");
  Type type = VectorType::get({2 * lanes}, b.getBF16Type());
  auto name = b.getStringAttr("llvm.x86.avx512bf16.cvtne2ps2bf16.512");
  Value low = floats(0), high = floats(lanes);
  return LLVM::CallIntrinsicOp::create(b, type, name, {high, low}).getResult(0);
}

/// Byte `k` (0 or 1) of every lane's pair, as f32.
Value FloatProduct::widenedBytes(Value bytes, int64_t k) {
  Value words = vector::BitCastOp::create(b, VectorType::get({lanes}, b.getI16Type()), bytes);
  Value bits = arith::ExtSIOp::create(b, bitsType(), words);
  if (k == 0)
    bits = arith::ShLIOp::create(b, bits, splatBits(24));
  bits = arith::ShRSIOp::create(b, bits, splatBits(k == 0 ? 24 : 8));
  return arith::SIToFPOp::create(b, sumType(), bits);
}

/// Element `k` (0 or 1) of every lane's bf16 pair, as f32: the bits become the upper half.
Value FloatProduct::widened(Value pairs, int64_t k) {
  Value both = vector::BitCastOp::create(b, bitsType(), pairs);
  Value bits = k == 0 ? Value(arith::ShLIOp::create(b, both, splatBits(16)))
                      : Value(arith::AndIOp::create(b, both, splatBits(0xffff0000u)));
  return vector::BitCastOp::create(b, sumType(), bits);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

/// sum += left pair . right pair, in one instruction.
void FloatProduct::emitDots(const Step &step, int64_t rows, MutableArrayRef<Value> sums) {
  int64_t vectors = step.right.vectors.size();
  SmallVector<Value> right;
  for (int64_t v = 0; v < vectors; ++v)
    right.push_back(isRightBytes() ? bf16OfBytes(rightVector(step, v)) : rightVector(step, v));
  for (int64_t r = 0; r < rows; ++r) {
    Value left = leftPair(step, r);
    for (int64_t v = 0; v < vectors; ++v) {
      Value &sum = sums[r * vectors + v];
      sum = x86vector::DotBF16Op::create(b, sum, left, right[v]);
    }
  }
}

/// sum = fma(left, right, sum) for each element of k in turn. The chains are the same in both
/// orders of the work; what stays in registers beside the sums differs: a few rows' elements, or
/// the vectors of a step.
void FloatProduct::emitFmas(const Step &step, int64_t rows, MutableArrayRef<Value> sums) {
  int64_t vectors = step.right.vectors.size();
  auto accumulate = [&](int64_t r, int64_t v, Value left, Value right) {
    Value &sum = sums[r * vectors + v];
    sum = math::FmaOp::create(b, left, right, sum);
  };
  auto wide = [&](Value packed, int64_t k) -> Value {
    if (isRightBytes())
      return widenedBytes(packed, k);
    if (rightType.isF16())
      return arith::ExtFOp::create(b, sumType(), packed);
    return pair == 2 ? widened(packed, k) : packed;
  };

  if (rows < vectors) {
    SmallVector<Value> left;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t k = 0; k < step.valid; ++k)
        left.push_back(leftElement(step, r, k));
    }
    for (int64_t v = 0; v < vectors; ++v) {
      Value packed = rightVector(step, v);
      for (int64_t k = 0; k < step.valid; ++k) {
        Value right = wide(packed, k);
        for (int64_t r = 0; r < rows; ++r)
          accumulate(r, v, left[r * step.valid + k], right);
      }
    }
    return;
  }
  SmallVector<Value> packed;
  for (int64_t v = 0; v < vectors; ++v)
    packed.push_back(rightVector(step, v));
  for (int64_t k = 0; k < step.valid; ++k) {
    SmallVector<Value> right;
    for (Value one : packed)
      right.push_back(wide(one, k));
    for (int64_t r = 0; r < rows; ++r) {
      Value left = leftElement(step, r, k);
      for (int64_t v = 0; v < vectors; ++v)
        accumulate(r, v, left, right[v]);
    }
  }
}

void FloatProduct::emit(const BlockPlace &place, int64_t rows, MutableArrayRef<Value> sums) {
  const LeftRows &left = place.left;
  const RightPanel &right = place.right;
  Value leftAt = arith::AddIOp::create(b, left.start, indexTimes(b, place.index, pair));
  Value rightAt = arith::AddIOp::create(b, right.start, indexTimes(b, place.index, right.stride));
  Step step{left,       right, leftAt, rightAt, place.offset * pair, place.offset * right.stride,
            place.valid};
  if (widens)
    emitFmas(step, rows, sums);
  else
    emitDots(step, rows, sums);
}

std::unique_ptr<BlockProduct> makeFloatProduct(ImplicitLocOpBuilder &builder, const Target &target,
                                               Type left, Type right) {
  return std::make_unique<FloatProduct>(builder, target, left, right);
}

} // namespace graphc
