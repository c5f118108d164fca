// Flash attention over the paged cache, prefill and decode alike: flash_attention.
//
// Tasks are key heads times blocks of tokens, the blocks of a head one after the other, so that
// neighbours read the same pages. A block is walked in runs, the rows of one sequence; a run goes
// through the pieces of its context, and in each through its tiles, so that a piece of the cache is
// read from memory once per task.
#include "codegen/kernels/AttentionKernelTile.h"
#include "codegen/kernels/KernelEmitter.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace graphc {

namespace {

class AttentionEmitter {
public:
  AttentionEmitter(FlashAttentionOp op, KernelFunction &function, const Target &target)
      : op(op), k(function, target), shape(op, target), scratch(k, shape),
        cache(flattened(k.b, k.memoryOf(op.getCache()))), tile(k, shape, scratch, cache) {}

  EmittedKernel emit();

private:
  void emitBlock(Value keyHead, Value begin, Value end);
  Value emitRun(Value keyHead, Value token, Value blockEnd);
  void emitPieces(const AttentionRun &run, Value lastToken, Value rows);
  void forEachTile(Value rows, function_ref<void(Value first, int64_t count)> body);
  void copyQueries(const AttentionRun &run, Value rows);
  void prefetch(Value memory, ArrayRef<Value> row, int64_t count, bool isWrite);
  void writeResult(const AttentionRun &run, Value rows);

  /// Token and query head of a row.
  std::pair<Value, Value> tokenAndHead(const AttentionRun &run, Value row);
  SpaceDim headDim() { return {k.index(shape.headDim()), shape.headDim(), PlanDim::One}; }

  FlashAttentionOp op;
  GenericLoops k;
  AttentionShape shape;
  AttentionScratch scratch;
  Value cache;
  AttentionTile tile;
};

EmittedKernel AttentionEmitter::emit() {
  Value tokens = k.function.dim(kArgT), block = k.index(shape.blockTokens);
  k.loop(k.function.begin(), k.function.end(), 1, [&](Value task) {
    Value blocks = k.over(k.plus(tokens, k.index(shape.blockTokens - 1)), block);
    Value begin = k.times(k.modulo(task, blocks), block);
    Value end = arith::MinUIOp::create(k.b, k.plus(begin, block), tokens);
    emitBlock(k.over(task, blocks), begin, end);
  });
  return {.tasks = {.times = shape.layout.heads, .dim = PlanDim::T, .block = shape.blockTokens},
          .scratchBytes = scratch.bytes};
}

/// Runs until the block's end: as long as there are tokens, the next run begins behind the last.
void AttentionEmitter::emitBlock(Value keyHead, Value begin, Value end) {
  auto loop = scf::WhileOp::create(k.b, TypeRange{k.b.getIndexType()}, ValueRange{begin});
  OpBuilder::InsertionGuard guard(k.b);
  Block *before = k.b.createBlock(&loop.getBefore(), {}, {k.b.getIndexType()}, {op.getLoc()});
  Value hasMore =
      arith::CmpIOp::create(k.b, arith::CmpIPredicate::ult, before->getArgument(0), end);
  scf::ConditionOp::create(k.b, hasMore, before->getArguments());
  Block *after = k.b.createBlock(&loop.getAfter(), {}, {k.b.getIndexType()}, {op.getLoc()});
  Value next = emitRun(keyHead, after->getArgument(0), end);
  scf::YieldOp::create(k.b, next);
}

Value AttentionEmitter::emitRun(Value keyHead, Value token, Value blockEnd) {
  Value slot = k.stepIndex(kArgSlot, token);
  Value sequenceEnd = k.stepIndex(kArgRowOffsets, k.plus(slot, k.index(1)));
  Value end = arith::MinUIOp::create(k.b, sequenceEnd, blockEnd);
  Value tokens = arith::SubIOp::create(k.b, end, token);
  Value rows = k.times(tokens, k.index(shape.group));
  AttentionRun run{keyHead, token, k.times(slot, k.function.dim(kArgPageTableStride))};
  copyQueries(run, rows);
  tile.clearTotals(rows);
  emitPieces(run, arith::SubIOp::create(k.b, end, k.index(1)), rows);
  writeResult(run, rows);
  return end;
}

void AttentionEmitter::emitPieces(const AttentionRun &run, Value lastToken, Value rows) {
  Value pieceTokens = k.index(kPieceTokens), begin = k.index(0);
  Value end = k.plus(k.over(k.stepIndex(kArgPosition, lastToken), pieceTokens), k.index(1));
  if (shape.window) {
    Value window = k.index(*shape.window);
    Value behind = k.plus(k.stepIndex(kArgPosition, run.firstToken), k.index(1));
    behind = arith::MaxUIOp::create(k.b, behind, window);
    begin = k.over(arith::SubIOp::create(k.b, behind, window), pieceTokens);
  }
  k.loop(begin, end, 1, [&](Value piece) {
    forEachTile(rows, [&](Value first, int64_t count) { tile.emit(run, first, count, piece); });
  });
}

/// Cuts rows into tiles, greedily: those of the largest class, then at most one of each other.
void AttentionEmitter::forEachTile(Value rows, function_ref<void(Value, int64_t)> body) {
  Value begin = k.index(0);
  for (int64_t count : shape.tileRows) {
    Value end = arith::AndIOp::create(k.b, rows, k.index(-count));
    k.loop(begin, end, count, [&](Value first) { body(first, count); });
    begin = end;
  }
}

std::pair<Value, Value> AttentionEmitter::tokenAndHead(const AttentionRun &run, Value row) {
  Value group = k.index(shape.group);
  Value token = k.plus(run.firstToken, k.over(row, group));
  return {token, k.plus(k.times(run.keyHead, group), k.modulo(row, group))};
}

/// Begins to fetch `count` elements from where `row` begins.
void AttentionEmitter::prefetch(Value memory, ArrayRef<Value> row, int64_t count, bool isWrite) {
  constexpr int64_t kLineBits = 64 * 8;
  unsigned width = cast<MemRefType>(memory.getType()).getElementTypeBitWidth();
  for (int64_t at = 0; at < count; at += kLineBits / width) {
    SmallVector<Value> place(row);
    place.back() = k.plus(place.back(), k.index(at));
    memref::PrefetchOp::create(k.b, memory, place, isWrite, /*localityHint=*/3u,
                               /*isDataCache=*/true);
  }
}

/// A run's queries side by side, in the left factor's type. What comes from and goes to memory
/// later is asked for now, while there is work: the queries of the next block, this one's result.
void AttentionEmitter::copyQueries(const AttentionRun &run, Value rows) {
  Value from = k.memoryOf(op.getQuery()), result = k.memoryOf(op.getResult());
  k.loop(k.index(0), rows, 1, [&](Value row) {
    auto [token, head] = tokenAndHead(run, row);
    Value to = k.times(row, k.index(scratch.queryStride));
    Value next = k.plus(token, k.index(shape.blockTokens));
    prefetch(from, {head, next, k.index(0)}, shape.headDim(), /*isWrite=*/false);
    prefetch(result, {token, k.times(head, k.index(shape.headDim()))}, shape.headDim(),
             /*isWrite=*/true);
    k.forEachVector(headDim(), [&, token = token, head = head](Value d, int64_t width) {
      Value query = k.load(from, {head, token, d}, width);
      k.store(k.math.convert(query, shape.leftType), scratch.queries, k.plus(to, d));
    });
  });
}

/// O / l.
void AttentionEmitter::writeResult(const AttentionRun &run, Value rows) {
  Value to = k.memoryOf(op.getResult());
  k.loop(k.index(0), rows, 1, [&](Value row) {
    auto [token, head] = tokenAndHead(run, row);
    Value from = k.times(row, k.index(shape.paddedDim()));
    Value column = k.times(head, k.index(shape.headDim()));
    Value sum = k.load(scratch.totalSum, row);
    Value factor = k.div(k.math.constant(1.0, sum), sum);
    k.forEachVector(headDim(), [&, token = token](Value d, int64_t width) {
      Value x = k.load(scratch.totalValues, k.plus(from, d), width);
      k.storeF32(k.mul(x, k.splat(factor, width)), to, {token, k.plus(column, d)});
    });
  });
}

} // namespace

FailureOr<EmittedKernel> emitAttentionKernel(Operation *op, KernelFunction &function,
                                             const Target &target) {
  return AttentionEmitter(cast<FlashAttentionOp>(op), function, target).emit();
}

} // namespace graphc
