// Where the buffers of a step go in the one arena: a pure function on lifetimes and sizes.
//
// Algorithm: buffers are placed from the largest to the smallest, each in the smallest gap that it
// fits in between the buffers already placed that live at the same time, or else behind them
// ("greedy by size", best fit). Optimal it is not, but deterministic, and for chains of layers it
// reaches the largest sum of live buffers, which no plan can beat.
#ifndef GRAPHC_PASSES_ANALYSIS_MEMORYPLANNER_H
#define GRAPHC_PASSES_ANALYSIS_MEMORYPLANNER_H

#include "runtime/base/Status.h"

#include <cstdint>
#include <span>
#include <vector>

namespace graphc {

/// A buffer is written first by step `firstUse` and used last by step `lastUse` of the schedule,
/// both inclusive. Two buffers may share bytes when these ranges do not meet: a result never
/// overlaps an operand of the step that computes it.
struct BufferUsage {
  int64_t firstUse = 0;
  int64_t lastUse = 0;
  uint64_t bytes = 0;
};

struct MemoryPlan {
  std::vector<uint64_t> offsets; ///< One per usage, each a multiple of the alignment.
  uint64_t arenaBytes = 0;       ///< End of the last buffer, rounded up to the alignment.
};

/// Places the buffers. `alignment` is a power of two; sizes are rounded up to it. BadInput when a
/// range ends before it starts, Resources when the sum does not fit 64 bits.
Expected<MemoryPlan> planMemory(std::span<const BufferUsage> usages, uint64_t alignment = 64);

/// The largest sum of sizes (rounded up) alive in one step: no plan's arena is smaller.
uint64_t peakLiveBytes(std::span<const BufferUsage> usages, uint64_t alignment = 64);

} // namespace graphc

#endif // GRAPHC_PASSES_ANALYSIS_MEMORYPLANNER_H
