// Where the time of a run goes, kernel by kernel.
#ifndef GRAPHC_TOOLS_BENCH_PROFILE_H
#define GRAPHC_TOOLS_BENCH_PROFILE_H

#include "runtime/exec/DispatchObserver.h"
#include "tools/bench/PlanWork.h"
#include "tools/bench/Workload.h"

#include <cstdint>
#include <string>
#include <vector>

namespace graphc {

/// A dispatch as it ran: entry `number` of the schedule.
struct DispatchSample {
  size_t number = 0;
  DispatchObserver::Time begin, end;

  double seconds() const { return std::chrono::duration<double>(end - begin).count(); }
};

/// Keeps what it hears.
class DispatchRecorder : public DispatchObserver {
public:
  void onDispatch(size_t number, Time begin, Time end) override {
    samples.push_back({number, begin, end});
  }

  std::vector<DispatchSample> samples;
};

/// What was done in some time.
struct TimedWork {
  double seconds = 0;
  Work work;
  double limitSeconds = 0; ///< That it would take at the limit of the machine.

  double gbps() const { return seconds > 0 ? work.bytes / seconds / 1e9 : 0; }
  double gops() const { return seconds > 0 ? work.allOperations() / seconds / 1e9 : 0; }
  /// Of its own roofline: the larger of what it reaches of the read rate and of the peak.
  double limitFraction() const { return seconds > 0 ? limitSeconds / seconds : 0; }
  /// What it costs beyond its limit.
  double lostSeconds() const { return seconds - limitSeconds; }

  TimedWork &operator+=(const TimedWork &other);
};

/// All calls of one kernel in a run.
struct KernelProfile : TimedWork {
  std::string name, opName;
  int64_t calls = 0;
};

struct Profile {
  double seconds = 0;                 ///< Of the run.
  double betweenSeconds = 0;          ///< Of it, outside of all kernels.
  std::vector<KernelProfile> kernels; ///< That were called; first the one that loses most time.
};

/// Internal unless the samples are those of the whole steps that `log` tells of.
Status checkSamples(const PlanVariant &variant, const RunLog &log,
                    const std::vector<DispatchSample> &samples);

/// `samples` are those of the run that `log` tells of. BadInput when a cost cannot be read;
/// Internal when the samples are not those of whole steps.
Expected<Profile> makeProfile(const PlanVariant &variant, const RunLog &log,
                              const std::vector<DispatchSample> &samples, const Limits &limits);

} // namespace graphc

#endif // GRAPHC_TOOLS_BENCH_PROFILE_H
