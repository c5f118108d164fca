// The machine's limits for several numbers of threads.
#ifndef GRAPHC_TOOLS_DOCTOR_MEASUREDLIMITS_H
#define GRAPHC_TOOLS_DOCTOR_MEASUREDLIMITS_H

#include "runtime/base/Status.h"
#include "tools/machine/PeakLoops.h"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace graphc {

/// Limits of so many threads.
struct ThreadLimits {
  int threads = 1;
  double readGbps = 0;
  std::string readLoop; ///< The way that was fastest.
  /// In 1e9 operations a second, one for each of MeasuredLimits::loops.
  std::vector<double> peaks;
};

struct MeasuredLimits {
  std::vector<const PeakLoop *> loops; ///< Those that this machine can run.
  std::vector<ThreadLimits> rows;
};

/// 1, 2, 4, ... and `cpus`.
std::vector<int> usualThreadCounts(int cpus);

/// Measures each for about 0.2 s. `progress` hears of what is measured next. Resources when there
/// is no memory to read; Interrupted when `cancel` becomes true.
Expected<MeasuredLimits> measureLimits(const std::vector<int> &threads,
                                       const std::atomic<bool> &cancel,
                                       const std::function<void(const std::string &)> &progress);

} // namespace graphc

#endif // GRAPHC_TOOLS_DOCTOR_MEASUREDLIMITS_H
