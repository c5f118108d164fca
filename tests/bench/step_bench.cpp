// The small kernels of a step: what prepares rows for a matmul, embedding, and sampling.
//
//   step_bench --benchmark_filter=norm/int8/2048/T1/t2 [--target=x86-64-v3] [--rounds=5]
//              [Google Benchmark's flags]
//
// Beside the counters of Rounds.h (sampling has only gbps, by the bytes of the logits):
//
//   ns_per_token   time of the dispatch, or of the choice, by the tokens
//
// Rows come out of the kernel before and are in a cache in a model, too: they can be faster than
// the loop that reads memory.
#include "Rounds.h"
#include "StepCase.h"

#include "runtime/sampling/Sampler.h"

#include <random>

using namespace graphc;
using namespace graphc::bench;

namespace {

/// Options by name; what they leave out is as in `graphc run`.
struct SamplingCase {
  std::string_view name;
  SamplingOptions options;
};

const SamplingCase kSamplingCases[] = {
    {"greedy", {.temperature = 0}},
    {"default", {}},
    {"penalty", {.repeatPenalty = 1.1f}},
    {"all", {.topK = 0, .topP = 1, .minP = 0}},
};

constexpr size_t kHistory = 512;

void sample(benchmark::State &state, const SamplingOptions &options, size_t vocabulary,
            int rounds) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 3);
  std::vector<float> logits(vocabulary);
  std::generate(logits.begin(), logits.end(), [&] { return normal(random); });
  std::vector<int32_t> history(kHistory);
  std::generate(history.begin(), history.end(),
                [&] { return static_cast<int32_t>(random() % vocabulary); });
  Sampler sampler(options);
  for (auto _ : state) {
    std::vector<double> seconds;
    for (int round = 0; round < rounds; ++round)
      seconds.push_back(
          secondsOf([&] { benchmark::DoNotOptimize(sampler.sample(logits, history, 0)); }));
    state.SetIterationTime(median(seconds));
    state.counters["ns_per_token"] = median(seconds) * 1e9;
    state.counters["gbps"] =
        static_cast<double>(vocabulary * sizeof(float)) / median(seconds) / 1e9;
  }
}

void addCases(const Settings &settings) {
  std::vector<KernelCase> kernels = allRowCases();
  for (const KernelCase &test : allEmbeddingCases())
    kernels.push_back(test);
  for (const KernelCase &test : kernels)
    addKernelCase(test, settings,
                  [tokens = test.tokens](benchmark::State &state, const KernelRounds &rounds) {
                    state.counters["ns_per_token"] =
                        rounds.seconds() / static_cast<double>(tokens) * 1e9;
                  });
  for (const SamplingCase &test : kSamplingCases)
    for (size_t vocabulary : {size_t(32000), size_t(128256)})
      addCase("sampling/" + std::string(test.name) + "/" + std::to_string(vocabulary),
              [&test, vocabulary, rounds = settings.rounds](benchmark::State &state) {
                sample(state, test.options, vocabulary, rounds);
              });
}

} // namespace

int main(int argc, char **argv) { return runSuite(argc, argv, addCases); }
