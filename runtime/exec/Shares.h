// Tasks of attention cut into shares of the context (KernelAbi.h): when, how many, and the memory
// that they need.
#ifndef GRAPHC_RUNTIME_EXEC_SHARES_H
#define GRAPHC_RUNTIME_EXEC_SHARES_H

#include "runtime/plan/PlanHeader.h"

#include <cstdint>

namespace graphc {

/// What a session decides by. A step that decodes has a token of each sequence: one of more tokens
/// than sequences may take part is never cut.
struct ShareBounds {
  int threads = 1;
  int64_t maxSequences = 1;
};

/// Shares of every task in a step of `tokens` tokens whose longest sequence is `longest`: enough
/// for every thread to have a few tasks, but not more than that sequence has pieces. 1 where there
/// are enough tasks, or a step is too large.
int64_t sharesOf(const PlanTasks &tasks, const ShareBounds &bounds, int64_t tokens,
                 int64_t longest);

/// Bytes that the shares of all of a variant's dispatches leave each other, one dispatch at a time,
/// where sequences have at most `longest` tokens. 0 if none is ever cut.
uint64_t sharedBytes(const PlanVariant &variant, const ShareBounds &bounds, int64_t longest);

} // namespace graphc

#endif // GRAPHC_RUNTIME_EXEC_SHARES_H
