// How kernels are measured: in rounds, each beside the limits of the machine, since other work on
// it comes and goes. What is reported are medians.
#ifndef GRAPHC_TESTS_BENCH_ROUNDS_H
#define GRAPHC_TESTS_BENCH_ROUNDS_H

#include "GeneratedKernel.h"

#include "tools/machine/PeakLoops.h"

#include <benchmark/benchmark.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace graphc::bench {

/// The flags that all suites have beside Google Benchmark's.
struct Settings {
  std::string target = "native"; ///< --target=LEVEL
  int rounds = 5;                ///< --rounds=N
};

double median(std::vector<double> values);

/// Seconds of one run: of as many as take 20 ms, after one that is not counted.
double secondsOf(const std::function<void()> &run);

/// A generated kernel in rounds.
class KernelRounds {
public:
  static Expected<KernelRounds> create(const KernelCase &test, const Settings &settings);

  /// One round: the kernel, the loop that reads memory, and the one that multiplies. Returns the
  /// seconds of the kernel.
  double run();

  /// Counters of the state, and its time:
  ///   gbps, gops            that the kernel reached, by its cost
  ///   read_gbps, peak_gops  of the loops
  ///   of_read, of_peak      the one by the other
  ///   of_limit              the larger of the two
  void report(benchmark::State &state) const;

  const Work &work() const { return kernel.work(); }
  double seconds() const { return median(times); }

private:
  KernelRounds(GeneratedKernel kernel, int threads) : kernel(std::move(kernel)), threads(threads) {}

  Limits measureLimits() const;

  GeneratedKernel kernel;
  int threads;
  const PeakLoop *peak = nullptr; ///< Of the kernel's main type; null: there is none.
  std::vector<double> times, readGbps, peakGops, ofRead, ofPeak, ofLimit;
};

/// Adds a benchmark that reports its own time.
void addCase(const std::string &name, std::function<void(benchmark::State &)> run);

/// Adds a kernel that is measured in rounds and reported. With `more`, that adds to the report.
void addKernelCase(const KernelCase &test, const Settings &settings,
                   std::function<void(benchmark::State &, const KernelRounds &)> more = {});

/// The main function of a suite: reads the flags, lets `addCases` add the cases, runs them.
int runSuite(int argc, char **argv, void (*addCases)(const Settings &settings));

} // namespace graphc::bench

#endif // GRAPHC_TESTS_BENCH_ROUNDS_H
