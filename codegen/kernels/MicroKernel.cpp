#include "codegen/kernels/MicroKernel.h"

#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

using namespace mlir;

namespace graphc {

int64_t packedPair(Type elementType) { return elementType.isF32() ? 1 : 2; }

MicroKernel::MicroKernel(ImplicitLocOpBuilder &builder, const Target &target, Type left, Type right)
    : b(builder), leftType(left), rightType(right), lanes(target.lanes()), pair(packedPair(right)),
      useDot(left.isBF16() && target.hasBf16Dot()) {}

VectorType MicroKernel::sumType() const { return VectorType::get({lanes}, b.getF32Type()); }

VectorType MicroKernel::bitsType() const { return VectorType::get({lanes}, b.getI32Type()); }

Value MicroKernel::splatBits(uint32_t bits) {
  auto splat = DenseElementsAttr::get(bitsType(), b.getI32IntegerAttr(static_cast<int32_t>(bits)));
  return arith::ConstantOp::create(b, splat);
}

//===----------------------------------------------------------------------===//
// Operands of a step
//===----------------------------------------------------------------------===//

/// A row's element `k` of the step, as f32 in every lane.
Value MicroKernel::leftElement(const Step &step, int64_t row, int64_t k) {
  if (leftType.isF32()) {
    Value at = indexPlus(b, step.leftAt, step.leftOffset + row * step.left.stride + k);
    Value element = memref::LoadOp::create(b, step.left.memory, at);
    return vector::BroadcastOp::create(b, sumType(), element);
  }
  return widened(leftPair(step, row), k);
}

/// A row's two bf16 elements of the step in every lane. An element that the row does not have is
/// zero and is not read.
Value MicroKernel::leftPair(const Step &step, int64_t row) {
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

Value MicroKernel::rightVector(const Step &step, int64_t vector) {
  Value at = indexPlus(b, step.rightAt, step.rightOffset + step.right.vectors[vector]);
  VectorType type = VectorType::get({lanes * pair}, rightType);
  return vector::LoadOp::create(b, type, step.right.memory, at);
}

/// Element `k` (0 or 1) of every lane's bf16 pair, as f32: the bits become the upper half.
Value MicroKernel::widened(Value pairs, int64_t k) {
  Value both = vector::BitCastOp::create(b, bitsType(), pairs);
  Value bits = k == 0 ? Value(arith::ShLIOp::create(b, both, splatBits(16)))
                      : Value(arith::AndIOp::create(b, both, splatBits(0xffff0000u)));
  return vector::BitCastOp::create(b, sumType(), bits);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

/// sum += left pair . right pair, in one instruction.
void MicroKernel::emitDots(const Step &step, int64_t rows, MutableArrayRef<Value> sums) {
  int64_t vectors = step.right.vectors.size();
  SmallVector<Value> right;
  for (int64_t v = 0; v < vectors; ++v)
    right.push_back(rightVector(step, v));
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
void MicroKernel::emitFmas(const Step &step, int64_t rows, MutableArrayRef<Value> sums) {
  int64_t vectors = step.right.vectors.size();
  auto accumulate = [&](int64_t r, int64_t v, Value left, Value right) {
    Value &sum = sums[r * vectors + v];
    sum = math::FmaOp::create(b, left, right, sum);
  };
  auto wide = [&](Value packed, int64_t k) { return pair == 2 ? widened(packed, k) : packed; };

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

void MicroKernel::emitStep(const Step &step, int64_t rows, MutableArrayRef<Value> sums) {
  if (useDot)
    emitDots(step, rows, sums);
  else
    emitFmas(step, rows, sums);
}

/// Fetches what a turn of the loop will read `tile.prefetch` bytes further on.
void MicroKernel::emitPrefetches(const RightPanel &right, Value rightAt, const MicroTile &tile) {
  constexpr int64_t kLineBytes = 64;
  constexpr unsigned kSecondLevel = 2;
  if (tile.prefetch == 0)
    return;
  int64_t elementBytes = rightType.getIntOrFloatBitWidth() / 8;
  for (int64_t byte = 0; byte < tile.unroll * right.stride * elementBytes; byte += kLineBytes) {
    Value at = indexPlus(b, rightAt, (tile.prefetch + byte) / elementBytes);
    memref::PrefetchOp::create(b, right.memory, at, /*isWrite=*/false, kSecondLevel,
                               /*isDataCache=*/true);
  }
}

//===----------------------------------------------------------------------===//
// The loop
//===----------------------------------------------------------------------===//

SmallVector<Value> MicroKernel::emit(const LeftRows &left, const RightPanel &right,
                                     const MicroTile &tile, ValueRange initial) {
  SmallVector<Value> sums(initial);
  if (sums.empty()) {
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(sumType()));
    sums.assign(tile.rows * right.vectors.size(), zero);
  }
  int64_t fullSteps = tile.depth / pair;
  int64_t looped = fullSteps - fullSteps % tile.unroll;
  auto unrolled = [&](Value leftAt, Value rightAt, int64_t steps, MutableArrayRef<Value> into) {
    for (int64_t u = 0; u < steps; ++u)
      emitStep({left, right, leftAt, rightAt, u * pair, u * right.stride, pair}, tile.rows, into);
  };

  if (looped > 0) {
    auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
    auto loop = scf::ForOp::create(b, index(0), index(looped), index(tile.unroll), sums);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value k = loop.getInductionVar();
    Value leftAt = arith::AddIOp::create(b, left.start, arith::MulIOp::create(b, k, index(pair)));
    Value rightAt =
        arith::AddIOp::create(b, right.start, arith::MulIOp::create(b, k, index(right.stride)));
    SmallVector<Value> inner(loop.getRegionIterArgs());
    emitPrefetches(right, rightAt, tile);
    unrolled(leftAt, rightAt, tile.unroll, inner);
    scf::YieldOp::create(b, inner);
    sums.assign(loop.getResults().begin(), loop.getResults().end());
  }

  Value leftRest = indexPlus(b, left.start, looped * pair);
  Value rightRest = indexPlus(b, right.start, looped * right.stride);
  unrolled(leftRest, rightRest, fullSteps - looped, sums);
  if (int64_t valid = tile.depth % pair) {
    int64_t rest = fullSteps - looped;
    emitStep({left, right, leftRest, rightRest, rest * pair, rest * right.stride, valid}, tile.rows,
             sums);
  }
  return sums;
}

} // namespace graphc
