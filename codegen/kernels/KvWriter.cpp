#include "codegen/kernels/KvWriter.h"

#include "codegen/kernels/VectorAccess.h"
#include "codegen/kernels/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

KvWriter::KvWriter(ImplicitLocOpBuilder &b, TypedValue<KvCacheType> cacheOperand,
                   KernelFunction &function, const Target &target)
    : kvLayout(kvLayoutOf(cacheOperand.getType())), target(target),
      cache(flattened(b, function.memoryOf(cacheOperand))),
      position(function.stepArray(kArgPosition)), slot(function.stepArray(kArgSlot)),
      pageTable(function.stepArray(kArgPageTable)),
      pageTableStride(function.dim(kArgPageTableStride)) {}

/// An i32 of an array, as index.
static Value loadIndex(ImplicitLocOpBuilder &b, Value array, Value at) {
  Value number = memref::LoadOp::create(b, array, at);
  return arith::IndexCastOp::create(b, b.getIndexType(), number);
}

/// Stores `count` of a vector's lanes from lane `first` on.
static void storeSlice(ImplicitLocOpBuilder &b, Value values, int64_t first, int64_t count,
                       Value memory, Value at) {
  Value slice = vector::ExtractStridedSliceOp::create(
      b, values, ArrayRef<int64_t>{first}, ArrayRef<int64_t>{count}, ArrayRef<int64_t>{1});
  vector::StoreOp::create(b, slice, memory, at);
}

Value KvWriter::positionOf(ImplicitLocOpBuilder &b, Value row) const {
  return loadIndex(b, position, row);
}

KvWriter::TokenPlace KvWriter::placeOf(ImplicitLocOpBuilder &b, Value row) const {
  Value token = positionOf(b, row);
  Value pageTokens = arith::ConstantIndexOp::create(b, kPageTokens);
  Value pages = arith::MulIOp::create(b, loadIndex(b, slot, row), pageTableStride);
  Value inTable = arith::AddIOp::create(b, pages, arith::DivUIOp::create(b, token, pageTokens));
  Value page = loadIndex(b, pageTable, inTable);
  return {indexTimes(b, page, kvLayout.pageElements()),
          arith::RemUIOp::create(b, token, pageTokens)};
}

Value KvWriter::toCacheType(ImplicitLocOpBuilder &b, Value values) const {
  return VectorMath(b, target).convert(values, cast<MemRefType>(cache.getType()).getElementType());
}

/// K[head][d / kp][token][d % kp]: the kp elements of a token side by side. A lane's channel is
/// vector.channel, a multiple of kp, plus a constant; the layout is linear in the former.
void KvWriter::appendKey(ImplicitLocOpBuilder &b, Value row, Value head,
                         ArrayRef<HeadVector> vectors) const {
  int64_t pair = kvLayout.interleave();
  TokenPlace place = placeOf(b, row);
  Value start = arith::AddIOp::create(b, place.page, indexTimes(b, head, kvLayout.headStride()));
  start = arith::AddIOp::create(b, start, indexTimes(b, place.token, pair));
  for (const HeadVector &vector : vectors) {
    Value values = toCacheType(b, vector.values);
    Value at = arith::AddIOp::create(b, start, indexTimes(b, vector.channel, kPageTokens));
    for (int64_t lane = 0; lane < vector.count;) {
      int64_t d = vector.offset + lane;
      int64_t width = d % pair == 0 && lane + pair <= vector.count ? pair : 1;
      int64_t offset = kvLayout.keyOffset(0, 0, d) / byteSize(kvLayout.elementType);
      storeSlice(b, values, lane, width, cache, indexPlus(b, at, offset));
      lane += width;
    }
  }
}

/// V[head][token / kp][d][token % kp]: channels side by side, kp apart.
void KvWriter::appendValue(ImplicitLocOpBuilder &b, Value row, Value head,
                           ArrayRef<HeadVector> vectors) const {
  int64_t pair = kvLayout.interleave();
  TokenPlace place = placeOf(b, row);
  Value kp = arith::ConstantIndexOp::create(b, pair);
  Value step = arith::DivUIOp::create(b, place.token, kp);
  Value inStep = arith::RemUIOp::create(b, place.token, kp);
  Value start = arith::AddIOp::create(b, place.page, indexTimes(b, head, kvLayout.headStride()));
  start = arith::AddIOp::create(b, start, indexTimes(b, step, kvLayout.paddedDim() * pair));
  start =
      indexPlus(b, arith::AddIOp::create(b, start, inStep), kvLayout.heads * kvLayout.headStride());
  for (const HeadVector &vector : vectors) {
    Value values = toCacheType(b, vector.values);
    Value at = arith::AddIOp::create(b, start, indexTimes(b, vector.channel, pair));
    at = indexPlus(b, at, vector.offset * pair);
    if (pair == 1 && vector.count > 0) {
      storeLanes(b, values, cache, at, vector.count);
      continue;
    }
    for (int64_t lane = 0; lane < vector.count; ++lane)
      storeSlice(b, values, lane, 1, cache, indexPlus(b, at, lane * pair));
  }
}

void KvWriter::appendIntegers(ImplicitLocOpBuilder &b, Value row, Value head, KvIntegers::Side side,
                              KvIntegers::Load load) const {
  KvIntegers integers(b, target, kvLayout, cache);
  TokenPlace place = placeOf(b, row);
  integers.append(integers.headStart(place.page, head, side), place.token, side, load);
}

} // namespace graphc
