#include "codegen/kernels/AttentionKernelTotals.h"

#include "codegen/kernels/Loops.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace graphc {

/// What shares may keep, at most: only types a memref.
static constexpr int64_t kManyNumbers = int64_t(1) << 36;

AttentionScratch::AttentionScratch(GenericLoops &k, const AttentionShape &shape) {
  Type f32 = k.b.getF32Type();
  auto take = [&](int64_t count, Type type) {
    Value memory = k.function.scratch(k.b, MemRefType::get({count}, type), bytes);
    bytes += roundUp(count * type.getIntOrFloatBitWidth() / 8, kBufferAlignment);
    return memory;
  };
  int64_t rows = shape.tileRows.front();
  queryStride = roundUp(shape.headDim(), 32);
  scores = take(rows * kPageTokens, f32);
  weights = take(rows * kPageTokens, shape.leftType);
  values = take(rows * shape.paddedDim(), f32);
  sums = take(rows * shape.lanes, f32);
  max = take(shape.lanes, f32);
  decay = take(shape.lanes, f32);
  totalMax = take(shape.blockRows, f32);
  totalSum = take(shape.blockRows, f32);
  totalValues = take(shape.blockRows * shape.paddedDim(), f32);
  queries = take(shape.blockRows * queryStride, shape.leftType);
}

AttentionTotals::AttentionTotals(GenericLoops &kernel, const AttentionShape &shape,
                                 const AttentionScratch &scratch)
    : k(kernel), shape(shape), scratch(scratch) {
  constexpr int64_t kCounterBytes = kSharedCounters * int64_t(sizeof(int32_t));
  counters = k.function.shared(k.b, MemRefType::get({kSharedCounters}, k.b.getI32Type()), 0);
  kept = k.function.shared(k.b, MemRefType::get({kManyNumbers}, k.b.getF32Type()), kCounterBytes);
}

VectorType AttentionTotals::lanesType() const {
  return VectorType::get(shape.lanes, k.b.getF32Type());
}

/// Walks a row of O.
void AttentionTotals::forEachVector(function_ref<void(Value)> body) {
  k.loop(k.index(0), k.index(shape.paddedDim()), shape.lanes, body);
}

void AttentionTotals::clear(Value rows) {
  auto number = [&](double value) -> Value {
    return arith::ConstantOp::create(k.b, k.b.getF32FloatAttr(static_cast<float>(value)));
  };
  k.loop(k.index(0), rows, 1, [&](Value row) {
    k.store(number(kNothing), scratch.totalMax, row);
    k.store(number(0.0), scratch.totalSum, row);
    Value first = k.times(row, k.index(shape.paddedDim()));
    Value zeros = k.splat(number(0.0), shape.lanes);
    forEachVector([&](Value d) { k.store(zeros, scratch.totalValues, k.plus(first, d)); });
  });
}

void AttentionTotals::add(const AttentionRun &run, Value firstRow, int64_t rows, Value piece) {
  SmallVector<Value> sums;
  for (int64_t row = 0; row < rows; ++row)
    sums.push_back(k.load(scratch.sums, k.index(row * shape.lanes), shape.lanes));
  State state{k.load(scratch.max, k.index(0), shape.lanes),
              k.math.reduceRows(sums, [&](Value x, Value y) { return k.add(x, y); }),
              scratch.values, k.index(0)};
  emitIf(
      k.b, isWhole(), [&] { merge(firstRow, rows, state); },
      [&] { keep(run, firstRow, rows, piece, state); });
}

/// Totals and a state, both scaled to the larger m.
void AttentionTotals::merge(Value firstRow, int64_t rows, const State &state) {
  Value zero = k.index(0), stride = k.index(shape.paddedDim());
  Value max = loadLanes(k.b, lanesType(), scratch.totalMax, firstRow, rows);
  Value sum = loadLanes(k.b, lanesType(), scratch.totalSum, firstRow, rows);
  Value merged = k.math.max(state.max, max);
  Value factor = k.math.exp2(k.sub(max, merged));
  Value ownFactor = k.math.exp2(k.sub(state.max, merged));
  sum = k.fma(state.sum, ownFactor, k.mul(sum, factor));
  storeLanes(k.b, merged, scratch.totalMax, firstRow, rows);
  storeLanes(k.b, sum, scratch.totalSum, firstRow, rows);
  k.store(factor, scratch.decay, zero);
  k.store(ownFactor, scratch.max, zero);

  k.loop(zero, k.index(rows), 1, [&](Value row) {
    Value scale = k.splat(k.load(scratch.decay, row), shape.lanes);
    Value ownScale = k.splat(k.load(scratch.max, row), shape.lanes);
    Value from = k.plus(state.valuesAt, k.times(row, stride));
    Value to = k.times(k.plus(firstRow, row), stride);
    forEachVector([&](Value d) {
      Value total = k.load(scratch.totalValues, k.plus(to, d), shape.lanes);
      Value own = k.load(state.values, k.plus(from, d), shape.lanes);
      k.store(k.fma(own, ownScale, k.mul(total, scale)), scratch.totalValues, k.plus(to, d));
    });
  });
}

//===----------------------------------------------------------------------===//
// Shares
//===----------------------------------------------------------------------===//

Value AttentionTotals::isWhole() {
  return arith::CmpIOp::create(k.b, arith::CmpIPredicate::eq, k.function.dim(kArgShares),
                               k.index(1));
}

Value AttentionTotals::isShare() {
  return arith::CmpIOp::create(k.b, arith::CmpIPredicate::ne, k.function.dim(kArgShares),
                               k.index(1));
}

/// Where a row of the run begins. The rows of a step lie close together: a step of few tokens
/// touches little memory.
Value AttentionTotals::placeOfKept(const AttentionRun &run, Value row, Value piece) {
  Value group = k.index(shape.group);
  Value rows = k.times(k.function.dim(kArgT), group);
  Value head = k.plus(k.times(piece, k.index(shape.layout.heads)), run.keyHead);
  Value first = k.plus(k.times(head, rows), k.times(run.firstToken, group));
  return k.times(k.plus(first, row), k.index(shape.keptNumbers()));
}

void AttentionTotals::keep(const AttentionRun &run, Value firstRow, int64_t rows, Value piece,
                           const State &state) {
  Value stride = k.index(shape.paddedDim());
  k.store(state.sum, scratch.decay, k.index(0));
  k.loop(k.index(0), k.index(rows), 1, [&](Value row) {
    Value to = placeOfKept(run, k.plus(firstRow, row), piece);
    k.store(k.load(scratch.max, row), kept, to);
    k.store(k.load(scratch.decay, row), kept, k.plus(to, k.index(1)));
    Value from = k.plus(state.valuesAt, k.times(row, stride));
    Value valuesTo = k.plus(to, k.index(AttentionShape::kKeptValues));
    forEachVector([&](Value d) {
      k.store(k.load(state.values, k.plus(from, d), shape.lanes), kept, k.plus(valuesTo, d));
    });
  });
}

void AttentionTotals::addKept(const AttentionRun &run) {
  k.loop(run.firstPiece, run.endPiece, 1, [&](Value piece) {
    k.loop(k.index(0), run.rows, 1, [&](Value row) {
      Value at = placeOfKept(run, row, piece);
      State state{loadLanes(k.b, lanesType(), kept, at, 1),
                  loadLanes(k.b, lanesType(), kept, k.plus(at, k.index(1)), 1), kept,
                  k.plus(at, k.index(AttentionShape::kKeptValues))};
      merge(row, 1, state);
    });
  });
}

/// The counter's order of memory is acquire and release: the last share sees what others kept. No
/// share counts after it, and the next dispatch begins when this one has ended: a plain store makes
/// the counter ready for that.
Value AttentionTotals::endShare(Value keyHead) {
  Type i32 = k.b.getI32Type();
  auto number = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(k.b, i32, value);
  };
  Value before = memref::AtomicRMWOp::create(k.b, arith::AtomicRMWKind::addi, number(1), counters,
                                             ValueRange{keyHead});
  Value ended = arith::AddIOp::create(k.b, before, number(1));
  Value shares = arith::IndexCastOp::create(k.b, i32, k.function.dim(kArgShares));
  Value isLast = arith::CmpIOp::create(k.b, arith::CmpIPredicate::eq, ended, shares);
  emitIf(k.b, isLast, [&] { k.store(number(0), counters, keyHead); });
  return isLast;
}

} // namespace graphc
