// graphc's matmul kernels beside oneDNN and beside the limits of the machine.
//
//   matmul_bench --benchmark_filter=tinyllama-1.1b/gate_up/bf16/T512/t2 [--target=x86-64-v3]
//                [--rounds=5] [Google Benchmark's flags]
//
// In each round everything runs in turn, since other work on the machine comes and goes: the
// generated kernel with its epilogue, the loop that reads memory, the one that multiplies, and
// oneDNN's bare product. Beside the counters of Rounds.h (`gops` is the product's alone):
//
//   onednn_gops   of oneDNN; f32, bf16 or u8 x s8, whichever is nearest
//   of_onednn     speed of the generated kernel by oneDNN's
//
// A model's weights are in no cache, so both take many weights in turn.
#include "MatmulCase.h"
#include "OneDnnYardstick.h"
#include "Rounds.h"

using namespace graphc;
using namespace graphc::bench;

namespace {

/// oneDNN's seconds in each round, and by the kernel's.
struct OneDnnRounds {
  std::vector<double> seconds, byKernel;

  void report(benchmark::State &state, double operations) const {
    if (seconds.empty())
      return;
    state.counters["onednn_gops"] = operations / median(seconds) / 1e9;
    state.counters["of_onednn"] = median(byKernel);
  }
};

OneDnnRounds measure(KernelRounds &kernel, OneDnnYardstick *oneDnn, int rounds) {
  OneDnnRounds result;
  for (int round = 0; round < rounds; ++round) {
    double seconds = kernel.run();
    if (!oneDnn)
      continue;
    result.seconds.push_back(secondsOf([&] { (void)oneDnn->run(); }));
    result.byKernel.push_back(result.seconds.back() / seconds);
  }
  return result;
}

void runCase(benchmark::State &state, const MatmulCase &test, const Settings &settings) {
  Expected<KernelRounds> kernel = KernelRounds::create(test.kernel(), settings);
  if (!kernel.ok())
    return state.SkipWithError(kernel.status().message().c_str());
  Expected<OneDnnYardstick> oneDnn = OneDnnYardstick::create(test);
  if (oneDnn.ok()) {
    if (Status status = oneDnn->run(); !status.ok())
      return state.SkipWithError(status.message().c_str());
  }
  for (auto _ : state) {
    OneDnnRounds beside = measure(*kernel, oneDnn.ok() ? &*oneDnn : nullptr, settings.rounds);
    kernel->report(state);
    state.counters["gops"] = test.operations() / kernel->seconds() / 1e9;
    beside.report(state, test.operations());
  }
  state.SetLabel(oneDnn.ok() ? "oneDNN " + oneDnnVersion() + " " + oneDnn->implementation()
                             : oneDnn.status().message());
}

void addCases(const Settings &settings) {
  for (const MatmulCase &test : allMatmulCases())
    addCase(test.name(),
            [test, settings](benchmark::State &state) { runCase(state, test, settings); });
}

} // namespace

int main(int argc, char **argv) { return runSuite(argc, argv, addCases); }
