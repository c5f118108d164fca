// How the runtime calls a generated kernel. The compiler emits functions of this shape; the
// executor fills `args` before every step and calls them from its threads.
#ifndef GRAPHC_RUNTIME_PLAN_KERNELABI_H
#define GRAPHC_RUNTIME_PLAN_KERNELABI_H

#include <cstdint>

namespace graphc {

/// Runs tasks [begin, end) of one dispatch. What a task is (a panel of output channels, a block of
/// rows, a head) is the kernel's own; how many there are is in the plan: times * ceil(dim / block),
/// or so many shares of each where a step cuts them (kArgShares).
///
/// `args` is read-only and the same for all tasks of a dispatch. `scratch` belongs to the calling
/// thread, is 64-byte aligned, has the plan's `scratchBytes` bytes, and holds whatever the last
/// task of any kernel left there. Tasks of one dispatch may run in any order and at the same time;
/// a dispatch starts when the one before it has ended, unless the plan says that it may run
/// together with it. Then they share no memory that one of them writes, but for a thread's scratch.
///
/// A kernel calls nothing, allocates nothing and cannot fail. Denormals are flushed to zero (MXCSR
/// FTZ and DAZ) while it runs.
using KernelFn = void (*)(const int64_t *args, int64_t begin, int64_t end, void *scratch);

/// Index in `args` of the values that every dispatch gets. Lengths are elements; every array is
/// i32 and is passed as its address. Sequences of a step are numbered 0..B-1 in the order of their
/// rows: rows row_offsets[b] .. row_offsets[b+1]-1 are sequence b's.
enum KernelArg : int64_t { // NOLINT(readability-identifier-naming): indices, used as numbers
  kArgT = 0,               ///< Token rows of this step, all sequences concatenated.
  kArgR,                   ///< Rows whose result is wanted; 0 <= R <= T.
  kArgS,                   ///< Cached rows of the step's sequences, this step's tokens included.
  kArgB,                   ///< Sequences in this step.
  kArgTokens,              ///< tokens[T]: token ids, each in [0, vocabulary).
  kArgPosition,            ///< position[T]: place of the row in its sequence, from 0.
  kArgSlot,                ///< slot[T]: number b of the row's sequence in this step.
  kArgRowOffsets,          ///< row_offsets[B + 1].
  kArgOutRows,             ///< out_rows[R]: wanted rows, rising.
  kArgPageTable,           ///< page_table[B][stride]: page of tokens 64i .. 64i+63 of sequence b.
  kArgPageTableStride,     ///< Entries in a row of page_table (a number, not an address).
  kArgColumnSlot,          ///< column_slot[S]: sequence of a cached row; null unless usesColumns.
  kArgColumnPosition,      ///< column_position[S]: its position; null unless usesColumns.
  kArgInputRows,           ///< f32 [T][inputWidth]: rows in place of tokens; null without.
  kArgShares,   ///< Shares of every task (a number): task i is share i % shares of i / shares.
  kArgShared,   ///< Memory of all threads, for what shares leave each other.
  kFirstOperand ///< From here: one entry per operand, then one per result.
};

// Operand and result entries are addresses: of a buffer in the arena, of a weight in the mapped
// plan, of the step's result, or, for a KV cache, of *this layer's* pool (page p at
// base + p * kvPageBytes). A !graphc.step operand is 0: what it stands for is in the entries above.
// Buffers are dense and row-major with every dynamic dimension at its upper bound, so that strides
// are constants; they are 64-byte aligned.
//
// Shared memory begins with kSharedCounters numbers, i32, which are 0 between dispatches; the
// plan's `piece_bytes` for every token of the step and every piece of the context follow.

/// Tokens in a page of the KV cache.
constexpr int64_t kPageTokens = 64;

/// Pages in a piece of attention: each piece is an online softmax from a fresh state; pieces are
/// merged in order. Fixed, because the order of sums depends on it.
constexpr int64_t kPiecePages = 8;
constexpr int64_t kPieceTokens = kPageTokens * kPiecePages;

/// Numbers at the beginning of shared memory.
constexpr int64_t kSharedCounters = 1024;

/// Alignment in bytes of arena buffers, weights and scratch.
constexpr int64_t kBufferAlignment = 64;

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_KERNELABI_H
