#include "tools/bench/LimitMeter.h"

#include <algorithm>

namespace graphc {

static constexpr double kReadSeconds = 0.2, kPeakSeconds = 0.1;

Expected<LimitMeter> LimitMeter::create(int threads, const CpuFeatures &features,
                                        uint64_t readBytes) {
  GRAPHC_ASSIGN_OR_RETURN(ReadProbe probe, ReadProbe::create(threads, readBytes));
  LimitMeter meter(std::move(probe), threads);
  for (size_t i = 0; i < kPeakTypes.size(); ++i) {
    meter.loops[i] = bestPeakLoop(kPeakTypes[i], features);
    if (meter.loops[i])
      meter.last.peakGops[i] = measurePeak(*meter.loops[i], threads, kPeakSeconds);
  }
  return meter;
}

Limits LimitMeter::measure(size_t mainType) {
  last.readGbps = probe.measure(kReadSeconds);
  if (loops[mainType])
    last.peakGops[mainType] = measurePeak(*loops[mainType], threads, kPeakSeconds);
  return last;
}

Limits betterOf(const Limits &before, const Limits &after) {
  Limits better = before;
  better.readGbps = std::max(before.readGbps, after.readGbps);
  for (size_t i = 0; i < better.peakGops.size(); ++i)
    better.peakGops[i] = std::max(before.peakGops[i], after.peakGops[i]);
  return better;
}

} // namespace graphc
