// Threads that start at the same moment.
#ifndef GRAPHC_TOOLS_MACHINE_TOGETHER_H
#define GRAPHC_TOOLS_MACHINE_TOGETHER_H

#include <functional>

namespace graphc {

/// Seconds of a clock that never goes back.
double secondsNow();

/// Calls `work(thread)` on `threads` threads that start together, the caller being thread 0.
/// Returns the seconds from the first's start to the last's end.
double timeTogether(int threads, const std::function<void(int)> &work);

} // namespace graphc

#endif // GRAPHC_TOOLS_MACHINE_TOGETHER_H
