// Runs benchmark cases on a plan, beside the limits of the machine.
#ifndef GRAPHC_TOOLS_BENCH_BENCHMARK_H
#define GRAPHC_TOOLS_BENCH_BENCHMARK_H

#include "runtime/plan/Plan.h"
#include "tools/bench/BenchCase.h"
#include "tools/bench/LimitMeter.h"
#include "tools/bench/Profile.h"
#include "tools/bench/Statistics.h"
#include "tools/bench/Trace.h"
#include "tools/bench/Workload.h"

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace graphc {

/// One timed run, and the limits right before or after it, whichever were better.
struct Repetition {
  double seconds = 0;
  Limits limits;
};

struct BenchResult {
  BenchCase what;
  Work work; ///< Of one repetition.
  std::vector<Repetition> repetitions;
  std::optional<Profile> profile;
};

/// A result in the figures that are reported. Rates are medians over the repetitions.
struct BenchFigures {
  Summary tokensPerSecond;
  double limitFraction = 0; ///< Of the limit that it comes closest to, reading or computing.
  double achievedGbps = 0, readGbps = 0;
  double achievedGops = 0;
  double peakGops = 0; ///< Of the same mix of types, each at its peak.
};

BenchFigures figuresOf(const BenchResult &result);

/// Hears of a benchmark's progress.
class BenchListener {
public:
  virtual ~BenchListener() = default;
  /// What is done next: "tg128, depth 0, 2 threads, batch 1: repetition 3 of 5".
  virtual void onProgress(const std::string &text) = 0;
  virtual void onResult(const BenchResult &result) = 0;
};

/// Runs all cases: for each number of threads a session of its own; for each case one run to warm
/// up, then the repetitions, the limits being measured before, between and after them; then, if
/// asked for, one run with every kernel timed, which also goes to `trace` unless that is null.
///
/// Usage, before anything runs, when a case does not fit the plan. Interrupted when `cancel`
/// becomes true.
Expected<std::vector<BenchResult>> runBenchmark(const Plan &plan, const BenchOptions &options,
                                                const std::atomic<bool> &cancel,
                                                BenchListener &listener, TraceFile *trace);

} // namespace graphc

#endif // GRAPHC_TOOLS_BENCH_BENCHMARK_H
