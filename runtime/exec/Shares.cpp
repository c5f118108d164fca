#include "runtime/exec/Shares.h"

#include <algorithm>

namespace graphc {

/// Tasks that a thread should have: then none waits long for another.
static constexpr int64_t kTasksOfThread = 4;

/// Tokens of a step that is cut, at most; 0 if none is.
static int64_t mostTokens(const PlanTasks &tasks, const ShareBounds &bounds) {
  bool areFew = bounds.threads > 1 && tasks.times < kTasksOfThread * bounds.threads;
  return tasks.pieceBytes > 0 && areFew ? std::min(tasks.block, bounds.maxSequences) : 0;
}

int64_t sharesOf(const PlanTasks &tasks, const ShareBounds &bounds, int64_t tokens,
                 int64_t longest) {
  if (tokens > mostTokens(tasks, bounds))
    return 1;
  int64_t wanted = ceilDiv(kTasksOfThread * bounds.threads, tasks.times);
  return std::clamp<int64_t>(ceilDiv(longest, kPieceTokens), 1, wanted);
}

uint64_t sharedBytes(const PlanVariant &variant, const ShareBounds &bounds, int64_t longest) {
  uint64_t result = 0;
  for (const PlanDispatch &dispatch : variant.schedule) {
    if (int64_t tokens = mostTokens(dispatch.tasks, bounds))
      result = std::max(result, dispatch.tasks.sharedBytes(tokens, longest));
  }
  return result;
}

} // namespace graphc
