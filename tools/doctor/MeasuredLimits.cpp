#include "tools/doctor/MeasuredLimits.h"

#include "tools/machine/ReadLoops.h"

namespace graphc {

std::vector<int> usualThreadCounts(int cpus) {
  std::vector<int> result;
  for (int threads = 1; threads < cpus; threads *= 2)
    result.push_back(threads);
  result.push_back(cpus);
  return result;
}

Expected<MeasuredLimits> measureLimits(const std::vector<int> &threads,
                                       const std::atomic<bool> &cancel,
                                       const std::function<void(const std::string &)> &progress) {
  constexpr double kSeconds = 0.2;
  MeasuredLimits result;
  CpuFeatures host = CpuFeatures::host();
  for (const PeakLoop &loop : peakLoops()) {
    if (host.has(loop.feature))
      result.loops.push_back(&loop);
  }
  for (int count : threads) {
    std::string with = std::to_string(count) + (count == 1 ? " thread" : " threads");
    ThreadLimits row{.threads = count, .readGbps = 0, .readLoop = "", .peaks = {}};
    if (cancel)
      return Status(StatusCode::Interrupted, "interrupted");
    progress("reading memory, " + with);
    GRAPHC_ASSIGN_OR_RETURN(ReadProbe probe, ReadProbe::create(count));
    row.readGbps = probe.measure(kSeconds);
    row.readLoop = readLoopText(probe.loop());
    for (const PeakLoop *loop : result.loops) {
      if (cancel)
        return Status(StatusCode::Interrupted, "interrupted");
      progress(std::string(loop->instruction) + ", " + with);
      row.peaks.push_back(measurePeak(*loop, count, kSeconds));
    }
    result.rows.push_back(std::move(row));
  }
  return result;
}

} // namespace graphc
