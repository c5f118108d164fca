#include "Rounds.h"

#include "tools/machine/ReadLoops.h"
#include "tools/machine/Together.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>

namespace graphc::bench {

/// Of each contestant and limit in a round.
static constexpr double kContestantSeconds = 0.02, kLimitSeconds = 0.03;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// Lets the threads of what ran before fall asleep.
static void pause() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

double secondsOf(const std::function<void()> &run) {
  pause();
  run();
  double begin = secondsNow(), now = begin;
  int64_t runs = 0;
  do {
    run();
    ++runs;
    now = secondsNow();
  } while (now - begin < kContestantSeconds);
  return (now - begin) / static_cast<double>(runs);
}

/// The read loop of so many threads; made once, for its memory is large. Null without that memory.
static ReadProbe *readProbe(int threads) {
  static std::map<int, std::optional<ReadProbe>> probes;
  auto [it, isNew] = probes.try_emplace(threads);
  if (isNew) {
    if (Expected<ReadProbe> probe = ReadProbe::create(threads); probe.ok())
      it->second.emplace(std::move(*probe));
    else
      std::fprintf(stderr, "no read rate: %s\n", probe.status().message().c_str());
  }
  return it->second ? &*it->second : nullptr;
}

Expected<KernelRounds> KernelRounds::create(const KernelCase &test, const Settings &settings) {
  GRAPHC_ASSIGN_OR_RETURN(Target target, Target::parse(settings.target));
  GRAPHC_ASSIGN_OR_RETURN(GeneratedKernel kernel, GeneratedKernel::create(test, target));
  KernelRounds result(std::move(kernel), test.threads);
  result.peak = bestPeakLoop(kPeakTypes[result.work().mainType()], CpuFeatures(target.features()));
  return result;
}

Limits KernelRounds::measureLimits() const {
  pause();
  Limits limits;
  if (ReadProbe *probe = readProbe(threads))
    limits.readGbps = probe->measure(kLimitSeconds);
  if (peak)
    limits.peakGops[work().mainType()] = measurePeak(*peak, threads, kLimitSeconds);
  return limits;
}

double KernelRounds::run() {
  double seconds = secondsOf([&] { kernel.run(); });
  Limits limits = measureLimits();
  times.push_back(seconds);
  readGbps.push_back(limits.readGbps);
  peakGops.push_back(limits.peakGops[work().mainType()]);
  ofRead.push_back(readSeconds(work(), limits) / seconds);
  ofPeak.push_back(computeSeconds(work(), limits) / seconds);
  ofLimit.push_back(limitSeconds(work(), limits) / seconds);
  return seconds;
}

void KernelRounds::report(benchmark::State &state) const {
  state.SetIterationTime(seconds());
  state.counters["gbps"] = work().bytes / seconds() / 1e9;
  state.counters["gops"] = work().allOperations() / seconds() / 1e9;
  state.counters["read_gbps"] = median(readGbps);
  state.counters["peak_gops"] = median(peakGops);
  state.counters["of_read"] = median(ofRead);
  state.counters["of_peak"] = median(ofPeak);
  state.counters["of_limit"] = median(ofLimit);
}

void addCase(const std::string &name, std::function<void(benchmark::State &)> run) {
  benchmark::RegisterBenchmark(name.c_str(), std::move(run))
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

void addKernelCase(const KernelCase &test, const Settings &settings,
                   std::function<void(benchmark::State &, const KernelRounds &)> more) {
  addCase(test.name, [test, settings, more = std::move(more)](benchmark::State &state) {
    Expected<KernelRounds> rounds = KernelRounds::create(test, settings);
    if (!rounds.ok())
      return state.SkipWithError(rounds.status().message().c_str());
    for (auto _ : state) {
      for (int round = 0; round < settings.rounds; ++round)
        rounds->run();
      rounds->report(state);
      if (more)
        more(state, *rounds);
    }
  });
}

/// Takes the suite's own flags out of the list.
static Settings readFlags(int &argc, char **argv) {
  Settings settings;
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    std::string_view flag = argv[i];
    if (flag.starts_with("--target="))
      settings.target = flag.substr(std::strlen("--target="));
    else if (flag.starts_with("--rounds="))
      settings.rounds = std::max(1, std::atoi(argv[i] + std::strlen("--rounds=")));
    else
      argv[kept++] = argv[i];
  }
  argc = kept;
  return settings;
}

int runSuite(int argc, char **argv, void (*addCases)(const Settings &settings)) {
  Settings settings = readFlags(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 2;
  addCases(settings);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

} // namespace graphc::bench
