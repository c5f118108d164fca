// The machine's limits beside a benchmark, measured again and again.
#ifndef GRAPHC_TOOLS_BENCH_LIMITMETER_H
#define GRAPHC_TOOLS_BENCH_LIMITMETER_H

#include "runtime/base/CpuFeatures.h"
#include "tools/bench/PlanWork.h"
#include "tools/machine/PeakLoops.h"
#include "tools/machine/ReadLoops.h"

#include <span>

namespace graphc {

/// Measures with as many threads as the benchmark beside it, while that does nothing.
class LimitMeter {
public:
  /// `features`: those that the plan's code may use; its peaks are those of these instructions.
  /// `readBytes` is as in ReadProbe::create. Resources when there is no memory to read.
  static Expected<LimitMeter> create(int threads, const CpuFeatures &features, uint64_t readBytes);

  /// The read rate and the peak of one type (an index of kPeakTypes) anew; peaks of the others as
  /// they were last. About 0.3 s.
  Limits measure(size_t mainType);

private:
  LimitMeter(ReadProbe probe, int threads) : probe(std::move(probe)), threads(threads) {}

  ReadProbe probe;
  int threads;
  std::array<const PeakLoop *, kPeakTypes.size()> loops = {};
  Limits last;
};

/// The better of what was measured on both sides of a repetition.
Limits betterOf(const Limits &before, const Limits &after);

} // namespace graphc

#endif // GRAPHC_TOOLS_BENCH_LIMITMETER_H
