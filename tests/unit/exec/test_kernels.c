// The "network" of the execution tests, as a compiler could have emitted it: kernels of the ABI in
// runtime/plan/KernelAbi.h, one layer, one head of kHeadDim f32 channels.
//
//   x[t]      = table[tokens[t]]                                    embed
//   x[t]      = input_rows[t]                                       take_rows, in place of embed
//   cache    += x at (slot[t], position[t]), keys and values        append
//   y[t]      = sum over j <= position[t] of K[j] * V[j] / (1 + j)  attend (paged or by columns)
//   result[r] = y[out_rows[r]] * head^T                             head
//
// So a result depends on every token of its sequence, in order, and on nothing else.
#include <stdint.h>
#include <string.h>

// In a second build of this file the broken kernel has the name of the good one.
#if defined(GRAPHC_SWAP_HEADS)
#define GOOD_HEAD other_head
#define BROKEN_HEAD head
#else
#define GOOD_HEAD head
#define BROKEN_HEAD broken_head
#endif

enum {
  T,
  R,
  S,
  B,
  Tokens,
  Position,
  Slot,
  RowOffsets,
  OutRows,
  PageTable,
  Stride,
  ColumnSlot,
  ColumnPosition,
  InputRows,
  Shares,
  Shared,
  Operands
};
enum { kHeadDim = 5, kPadded = 16, kVocabulary = 11, kPage = 64 };

static const int32_t *ints(const int64_t *args, int which) { return (const int32_t *)args[which]; }
static float *floats(const int64_t *args, int operand) { return (float *)args[Operands + operand]; }

static float *page(const int64_t *args, int operand, int64_t slot, int64_t token) {
  int64_t number = ints(args, PageTable)[slot * args[Stride] + token / kPage];
  return floats(args, operand) + number * 2 * kPadded * kPage;
}

static float *key(const int64_t *args, int operand, int64_t slot, int64_t token, int d) {
  return page(args, operand, slot, token) + d * kPage + token % kPage;
}

static float *value(const int64_t *args, int operand, int64_t slot, int64_t token, int d) {
  return page(args, operand, slot, token) + kPadded * kPage + token % kPage * kPadded + d;
}

// Operands: step -> x. One task.
void take_rows(const int64_t *args, int64_t begin, int64_t end, void *scratch) {
  if (begin < end)
    memcpy(floats(args, 1), (const float *)args[InputRows], sizeof(float) * kHeadDim * args[T]);
}

// Operands: table, step -> x. Tasks: rows in blocks of 4.
void embed(const int64_t *args, int64_t begin, int64_t end, void *scratch) {
  for (int64_t t = begin * 4; t < end * 4 && t < args[T]; ++t)
    memcpy(floats(args, 2) + t * kHeadDim, floats(args, 0) + ints(args, Tokens)[t] * kHeadDim,
           kHeadDim * sizeof(float));
}

// Operands: x, cache, step. Tasks: rows.
void append(const int64_t *args, int64_t begin, int64_t end, void *scratch) {
  for (int64_t t = begin; t < end; ++t) {
    for (int d = 0; d < kHeadDim; ++d) {
      float x = floats(args, 0)[t * kHeadDim + d];
      int64_t slot = ints(args, Slot)[t], position = ints(args, Position)[t];
      *key(args, 1, slot, position, d) = x;
      *value(args, 1, slot, position, d) = 2 * x;
    }
  }
}

static void accumulate(const int64_t *args, float *sums, int64_t slot, int64_t j) {
  for (int d = 0; d < kHeadDim; ++d)
    sums[d] += *key(args, 0, slot, j, d) * *value(args, 0, slot, j, d) / (float)(1 + j);
}

// Operands: cache, step -> y. Tasks: rows. Sums in the thread's scratch.
void attend(const int64_t *args, int64_t begin, int64_t end, void *scratch) {
  float *sums = (float *)scratch;
  for (int64_t t = begin; t < end; ++t) {
    memset(sums, 0, kHeadDim * sizeof(float));
    for (int64_t j = 0; j <= ints(args, Position)[t]; ++j)
      accumulate(args, sums, ints(args, Slot)[t], j);
    memcpy(floats(args, 2) + t * kHeadDim, sums, kHeadDim * sizeof(float));
  }
}

// Instead of sums, y = 1000 * shares + the sum of all shares' numbers. Tasks: rows in blocks of 4,
// perhaps cut into shares: each leaves its number, and the last to end adds them up.
void tell_shares(const int64_t *args, int64_t begin, int64_t end, void *scratch) {
  enum { kCounters = 1024 };
  int32_t *counter = (int32_t *)args[Shared];
  for (int64_t task = begin; task < end; ++task) {
    int64_t shares = args[Shares], share = task % shares, first = task / shares * 4;
    float sum = 0;
    if (shares > 1) {
      counter[kCounters + share] = (int32_t)share;
      if (__atomic_add_fetch(counter, 1, __ATOMIC_ACQ_REL) < shares)
        continue;
      *counter = 0;
      for (int64_t i = 0; i < shares; ++i)
        sum += (float)counter[kCounters + i];
    }
    for (int64_t t = first; t < first + 4 && t < args[T]; ++t)
      for (int d = 0; d < kHeadDim; ++d)
        floats(args, 2)[t * kHeadDim + d] = d == 0 ? 1000 * (float)shares + sum : 0;
  }
}

// The same from the list of all cached rows, masked by slot and position, as un-fused attention.
void attend_columns(const int64_t *args, int64_t begin, int64_t end, void *scratch) {
  float *sums = (float *)scratch;
  for (int64_t t = begin; t < end; ++t) {
    memset(sums, 0, kHeadDim * sizeof(float));
    for (int64_t c = 0; c < args[S]; ++c) {
      if (ints(args, ColumnSlot)[c] == ints(args, Slot)[t] &&
          ints(args, ColumnPosition)[c] <= ints(args, Position)[t])
        accumulate(args, sums, ints(args, ColumnSlot)[c], ints(args, ColumnPosition)[c]);
    }
    memcpy(floats(args, 2) + t * kHeadDim, sums, kHeadDim * sizeof(float));
  }
}

// Operands: y, head, step -> result. Tasks: channels; each thread writes columns of every row.
void GOOD_HEAD(const int64_t *args, int64_t begin, int64_t end, void *scratch) {
  for (int64_t r = 0; r < args[R]; ++r) {
    for (int64_t v = begin; v < end; ++v) {
      float sum = 0;
      for (int d = 0; d < kHeadDim; ++d)
        sum += floats(args, 0)[ints(args, OutRows)[r] * kHeadDim + d] *
               floats(args, 1)[v * kHeadDim + d];
      floats(args, 3)[r * kVocabulary + v] = sum;
    }
  }
}

// As head, but every logit is 0/0.
void BROKEN_HEAD(const int64_t *args, int64_t begin, int64_t end, void *scratch) {
  for (int64_t r = 0; r < args[R]; ++r)
    for (int64_t v = begin; v < end; ++v)
      floats(args, 3)[r * kVocabulary + v] = __builtin_nanf("");
}
