#include "passes/analysis/MemoryPlanner.h"

#include "runtime/base/CheckedMath.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace graphc {
namespace {

/// Bytes [begin, end) of the arena.
struct Range {
  uint64_t begin;
  uint64_t end;
};

uint64_t align(uint64_t bytes, uint64_t alignment) {
  return (bytes + alignment - 1) & ~(alignment - 1);
}

bool livesWith(const BufferUsage &a, const BufferUsage &b) {
  return a.firstUse <= b.lastUse && b.firstUse <= a.lastUse;
}

/// Indices from the largest buffer to the smallest; equals in the order of first use, then of
/// index.
std::vector<size_t> placementOrder(std::span<const BufferUsage> usages) {
  std::vector<size_t> order(usages.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (usages[a].bytes != usages[b].bytes)
      return usages[a].bytes > usages[b].bytes;
    if (usages[a].firstUse != usages[b].firstUse)
      return usages[a].firstUse < usages[b].firstUse;
    return a < b;
  });
  return order;
}

/// Start of the smallest gap between `taken` that holds `bytes`, or the end of them all.
uint64_t findBestFit(std::vector<Range> taken, uint64_t bytes) {
  std::sort(taken.begin(), taken.end(),
            [](const Range &a, const Range &b) { return a.begin < b.begin; });
  uint64_t best = 0;
  uint64_t bestGap = ~uint64_t(0);
  uint64_t end = 0;
  for (const Range &range : taken) {
    if (range.begin >= end && range.begin - end >= bytes && range.begin - end < bestGap) {
      best = end;
      bestGap = range.begin - end;
    }
    end = std::max(end, range.end);
  }
  return bestGap == ~uint64_t(0) ? end : best;
}

/// Every sum of sizes that a plan can form stays below 2^63 when the sum of all does.
Status checkUsages(std::span<const BufferUsage> usages, uint64_t alignment) {
  uint64_t sum = 0;
  for (size_t i = 0; i < usages.size(); ++i) {
    if (usages[i].lastUse < usages[i].firstUse)
      return badInput("buffer " + std::to_string(i) + ": expected a last use at or after step " +
                      std::to_string(usages[i].firstUse) + " but got " +
                      std::to_string(usages[i].lastUse));
    auto padded = checkedAdd(usages[i].bytes, alignment - 1);
    auto total = padded ? checkedAdd(sum, *padded) : std::nullopt;
    if (!total || *total > uint64_t(INT64_MAX))
      return resourceError("the buffers of a step do not fit in 63 bits of address space");
    sum = *total;
  }
  return {};
}

} // namespace

Expected<MemoryPlan> planMemory(std::span<const BufferUsage> usages, uint64_t alignment) {
  GRAPHC_RETURN_IF_ERROR(checkUsages(usages, alignment));
  MemoryPlan plan;
  plan.offsets.resize(usages.size());
  std::vector<size_t> placed;
  for (size_t index : placementOrder(usages)) {
    std::vector<Range> taken;
    for (size_t other : placed)
      if (livesWith(usages[index], usages[other]))
        taken.push_back(
            {plan.offsets[other], plan.offsets[other] + align(usages[other].bytes, alignment)});
    const uint64_t bytes = align(usages[index].bytes, alignment);
    plan.offsets[index] = findBestFit(std::move(taken), bytes);
    plan.arenaBytes = std::max(plan.arenaBytes, plan.offsets[index] + bytes);
    placed.push_back(index);
  }
  return plan;
}

uint64_t peakLiveBytes(std::span<const BufferUsage> usages, uint64_t alignment) {
  uint64_t peak = 0;
  for (const BufferUsage &at : usages) { // The sum is largest where some buffer begins.
    uint64_t live = 0;
    for (const BufferUsage &other : usages)
      if (other.firstUse <= at.firstUse && at.firstUse <= other.lastUse)
        live += align(other.bytes, alignment);
    peak = std::max(peak, live);
  }
  return peak;
}

} // namespace graphc
