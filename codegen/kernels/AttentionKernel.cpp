// Flash attention over the paged cache, prefill and decode alike: flash_attention.
//
// Tasks are key heads times blocks of tokens, the blocks of a head one after the other, so that
// neighbours read the same pages. A block is walked in runs, the rows of one sequence; a run goes
// through the pieces of its context, and in each through its tiles, so that a piece of the cache is
// read from memory once per task.
//
// Where a step has few rows and long contexts, the runtime cuts tasks into shares: each goes
// through a part of every run's pieces, and the last one to end puts them together
// (AttentionKernelTotals.h).
#include "codegen/kernels/AttentionKernelTile.h"
#include "codegen/kernels/KernelEmitter.h"
#include "codegen/kernels/Loops.h"
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
        totals(k, shape, scratch), cache(flattened(k.b, k.memoryOf(op.getCache()))),
        tile(k, shape, scratch, totals, cache) {}

  EmittedKernel emit();

private:
  /// A task's part of the step: rows [begin, end) of it, for a key head.
  struct TaskRows {
    Value keyHead, begin, end;
  };
  struct PieceRange {
    Value begin, end;
  };

  void emitTask(const TaskRows &task, Value share);
  void forEachRun(const TaskRows &task, function_ref<void(const AttentionRun &)> body);
  AttentionRun runAt(const TaskRows &task, Value token);
  void findPieces(AttentionRun &run);
  PieceRange piecesOf(const AttentionRun &run, Value share);
  void emitPiece(const AttentionRun &run, Value piece);
  void forEachTile(Value rows, function_ref<void(Value first, int64_t count)> body);
  void copyQueries(const AttentionRun &run);
  void prefetch(Value memory, ArrayRef<Value> row, int64_t count, bool isWrite);
  void writeResult(const AttentionRun &run);

  /// Token and query head of a row.
  std::pair<Value, Value> tokenAndHead(const AttentionRun &run, Value row);
  SpaceDim headDim() { return {k.index(shape.headDim()), shape.headDim(), PlanDim::One}; }

  FlashAttentionOp op;
  GenericLoops k;
  AttentionShape shape;
  AttentionScratch scratch;
  AttentionTotals totals;
  Value cache;
  AttentionTile tile;
};

EmittedKernel AttentionEmitter::emit() {
  Value tokens = k.function.dim(kArgT), shares = k.function.dim(kArgShares);
  k.loop(k.function.begin(), k.function.end(), 1, [&](Value task) {
    Value share = k.modulo(task, shares), whole = k.over(task, shares);
    Value blockTokens = k.index(shape.blockTokens);
    Value blocks = k.over(k.plus(tokens, k.index(shape.blockTokens - 1)), blockTokens);
    Value begin = k.times(k.modulo(whole, blocks), blockTokens);
    Value end = arith::MinUIOp::create(k.b, k.plus(begin, blockTokens), tokens);
    emitTask({k.over(whole, blocks), begin, end}, share);
  });
  bool canShare = shape.layout.heads <= kSharedCounters;
  int64_t pieceBytes = shape.heads * shape.keptNumbers() * int64_t(sizeof(float));
  return {.tasks = {.times = shape.layout.heads,
                    .dim = PlanDim::T,
                    .block = shape.blockTokens,
                    .pieceBytes = canShare ? pieceBytes : 0},
          .scratchBytes = scratch.bytes};
}

void AttentionEmitter::emitTask(const TaskRows &task, Value share) {
  forEachRun(task, [&](const AttentionRun &run) {
    PieceRange pieces = piecesOf(run, share);
    Value hasAny = arith::CmpIOp::create(k.b, arith::CmpIPredicate::ult, pieces.begin, pieces.end);
    emitIf(k.b, hasAny, [&] {
      copyQueries(run);
      totals.clear(run.rows);
      k.loop(pieces.begin, pieces.end, 1, [&](Value piece) { emitPiece(run, piece); });
    });
    emitIf(k.b, totals.isWhole(), [&] { writeResult(run); });
  });
  emitIf(k.b, totals.isShare(), [&] {
    emitIf(k.b, totals.endShare(task.keyHead), [&] {
      forEachRun(task, [&](const AttentionRun &run) {
        totals.clear(run.rows);
        totals.addKept(run);
        writeResult(run);
      });
    });
  });
}

/// Runs until the block's end: as long as there are tokens, the next run begins behind the last.
void AttentionEmitter::forEachRun(const TaskRows &task,
                                  function_ref<void(const AttentionRun &)> body) {
  Type index = k.b.getIndexType();
  auto loop = scf::WhileOp::create(k.b, TypeRange{index}, ValueRange{task.begin});
  OpBuilder::InsertionGuard guard(k.b);
  Block *before = k.b.createBlock(&loop.getBefore(), {}, {index}, {op.getLoc()});
  Value hasMore =
      arith::CmpIOp::create(k.b, arith::CmpIPredicate::ult, before->getArgument(0), task.end);
  scf::ConditionOp::create(k.b, hasMore, before->getArguments());
  Block *after = k.b.createBlock(&loop.getAfter(), {}, {index}, {op.getLoc()});
  AttentionRun run = runAt(task, after->getArgument(0));
  body(run);
  scf::YieldOp::create(k.b, k.plus(run.lastToken, k.index(1)));
}

/// The run that begins with `token`.
AttentionRun AttentionEmitter::runAt(const TaskRows &task, Value token) {
  Value slot = k.stepIndex(kArgSlot, token);
  Value sequenceEnd = k.stepIndex(kArgRowOffsets, k.plus(slot, k.index(1)));
  Value end = arith::MinUIOp::create(k.b, sequenceEnd, task.end);
  AttentionRun run;
  run.keyHead = task.keyHead;
  run.firstToken = token;
  run.lastToken = arith::SubIOp::create(k.b, end, k.index(1));
  run.rows = k.times(arith::SubIOp::create(k.b, end, token), k.index(shape.group));
  run.pages = k.times(slot, k.function.dim(kArgPageTableStride));
  findPieces(run);
  return run;
}

void AttentionEmitter::findPieces(AttentionRun &run) {
  Value pieceTokens = k.index(kPieceTokens);
  run.firstPiece = k.index(0);
  run.endPiece = k.plus(k.over(k.stepIndex(kArgPosition, run.lastToken), pieceTokens), k.index(1));
  if (!shape.window)
    return;
  Value window = k.index(*shape.window);
  Value behind = k.plus(k.stepIndex(kArgPosition, run.firstToken), k.index(1));
  behind = arith::MaxUIOp::create(k.b, behind, window);
  run.firstPiece = k.over(arith::SubIOp::create(k.b, behind, window), pieceTokens);
}

/// A share's pieces are neighbours: as many as there are, divided evenly. There may be fewer pieces
/// than shares.
AttentionEmitter::PieceRange AttentionEmitter::piecesOf(const AttentionRun &run, Value share) {
  Value count = arith::SubIOp::create(k.b, run.endPiece, run.firstPiece);
  auto beginOf = [&](Value share) {
    Value before = k.over(k.times(count, share), k.function.dim(kArgShares));
    return k.plus(run.firstPiece, before);
  };
  return {beginOf(share), beginOf(k.plus(share, k.index(1)))};
}

void AttentionEmitter::emitPiece(const AttentionRun &run, Value piece) {
  forEachTile(run.rows, [&](Value first, int64_t rows) { tile.emit(run, first, rows, piece); });
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
void AttentionEmitter::copyQueries(const AttentionRun &run) {
  Value from = k.memoryOf(op.getQuery()), result = k.memoryOf(op.getResult());
  k.loop(k.index(0), run.rows, 1, [&](Value row) {
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
void AttentionEmitter::writeResult(const AttentionRun &run) {
  Value to = k.memoryOf(op.getResult());
  k.loop(k.index(0), run.rows, 1, [&](Value row) {
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
