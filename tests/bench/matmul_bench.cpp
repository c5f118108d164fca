// graphc's matmul kernels beside oneDNN and beside the limits of the machine.
//
//   matmul_bench --benchmark_filter=tinyllama-1.1b/gate_up/bf16/T512/t2 [--target=x86-64-v3]
//                [--rounds=5] [Google Benchmark's flags]
//
// In each round everything runs in turn, since other work on the machine comes and goes: the
// generated kernel, oneDNN, the loop that reads memory, and the one that multiplies. The counters
// are medians of the rounds:
//
//   gops, gbps        of the generated kernel, with its epilogue
//   of_limit          what part of the machine's limit that is (bytes or operations)
//   read_gbps, peak_gops   the limit: of the read loop, and of the kernel's kind of arithmetic
//   onednn_gops       of oneDNN's bare product; f32, bf16 or u8 x s8, whichever is nearest
//   of_onednn         speed of the generated kernel by oneDNN's
//
// A model's weights are in no cache, so both take many weights in turn.
#include "Contestants.h"

#include "tools/machine/PeakLoops.h"
#include "tools/machine/ReadLoops.h"
#include "tools/machine/Together.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <thread>

using namespace graphc;
using namespace graphc::bench;

namespace {

struct Settings {
  std::string target = "native";
  int rounds = 5;
};

/// Of each contestant and limit in a round.
constexpr double kContestantSeconds = 0.02, kLimitSeconds = 0.03;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// The read loop of so many threads; made once, for its memory is large. Null without that memory.
ReadProbe *readProbe(int threads) {
  static std::map<int, std::optional<ReadProbe>> probes;
  auto [it, isNew] = probes.try_emplace(threads);
  if (isNew) {
    if (Expected<ReadProbe> probe = ReadProbe::create(threads); probe.ok())
      it->second.emplace(std::move(*probe));
    else
      std::fprintf(stderr, "matmul_bench: %s\n", probe.status().message().c_str());
  }
  return it->second ? &*it->second : nullptr;
}

/// Seconds of one run: as many as take kContestantSeconds, after one that is not counted. The pause
/// before lets the threads of the one before fall asleep.
double secondsOf(const std::function<void()> &run) {
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
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

struct Medians {
  std::vector<double> seconds, oneDnnSeconds, ofOneDnn, ofLimit, readGbps, peakGops;
};

Limits measureLimits(int threads, const PeakLoop *peak, size_t peakType) {
  Limits limits;
  if (ReadProbe *probe = readProbe(threads))
    limits.readGbps = probe->measure(kLimitSeconds);
  if (peak)
    limits.peakGops[peakType] = measurePeak(*peak, threads, kLimitSeconds);
  return limits;
}

Medians measure(const MatmulCase &test, GeneratedMatmul &generated, OneDnnYardstick *oneDnn,
                const Target &target, int rounds) {
  size_t peakType = generated.work().mainType();
  const PeakLoop *peak = bestPeakLoop(kPeakTypes[peakType], CpuFeatures(target.features()));
  Medians result;
  for (int round = 0; round < rounds; ++round) {
    double seconds = secondsOf([&] { generated.run(); });
    Limits limits = measureLimits(test.threads, peak, peakType);
    result.seconds.push_back(seconds);
    result.readGbps.push_back(limits.readGbps);
    result.peakGops.push_back(limits.peakGops[peakType]);
    result.ofLimit.push_back(limitSeconds(generated.work(), limits) / seconds);
    if (!oneDnn)
      continue;
    double theirs = secondsOf([&] { (void)oneDnn->run(); });
    result.oneDnnSeconds.push_back(theirs);
    result.ofOneDnn.push_back(theirs / seconds);
  }
  return result;
}

void report(benchmark::State &state, const MatmulCase &test, const Work &work,
            const Medians &medians) {
  double seconds = median(medians.seconds);
  double product = 2.0 * static_cast<double>(test.tokens) * static_cast<double>(test.depth()) *
                   static_cast<double>(test.channels());
  state.counters["gops"] = product / seconds / 1e9;
  state.counters["gbps"] = work.bytes / seconds / 1e9;
  state.counters["of_limit"] = median(medians.ofLimit);
  state.counters["read_gbps"] = median(medians.readGbps);
  state.counters["peak_gops"] = median(medians.peakGops);
  if (!medians.oneDnnSeconds.empty()) {
    state.counters["onednn_gops"] = product / median(medians.oneDnnSeconds) / 1e9;
    state.counters["of_onednn"] = median(medians.ofOneDnn);
  }
}

void runCase(benchmark::State &state, const MatmulCase &test, const Settings &settings) {
  Expected<Target> target = Target::parse(settings.target);
  if (!target.ok())
    return state.SkipWithError(target.status().message().c_str());
  Expected<GeneratedMatmul> generated = GeneratedMatmul::create(test, *target);
  if (!generated.ok())
    return state.SkipWithError(generated.status().message().c_str());
  Expected<OneDnnYardstick> oneDnn = OneDnnYardstick::create(test);
  if (oneDnn.ok()) {
    if (Status status = oneDnn->run(); !status.ok())
      return state.SkipWithError(status.message().c_str());
  }
  for (auto _ : state) {
    Medians medians =
        measure(test, *generated, oneDnn.ok() ? &*oneDnn : nullptr, *target, settings.rounds);
    state.SetIterationTime(median(medians.seconds));
    report(state, test, generated->work(), medians);
  }
  state.SetLabel(oneDnn.ok() ? "oneDNN " + oneDnnVersion() + " " + oneDnn->implementation()
                             : oneDnn.status().message());
}

/// Takes the program's own flags out of the list.
Settings readFlags(int &argc, char **argv) {
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

} // namespace

int main(int argc, char **argv) {
  Settings settings = readFlags(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 2;
  for (const MatmulCase &test : allMatmulCases())
    benchmark::RegisterBenchmark(
        test.name().c_str(),
        [test, &settings](benchmark::State &state) { runCase(state, test, settings); })
        ->Iterations(1)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
