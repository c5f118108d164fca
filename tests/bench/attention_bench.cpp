// graphc's attention kernels beside the limits of the machine.
//
//   attention_bench --benchmark_filter=tinyllama-1.1b/decode/bf16/D4096/t2 [--target=x86-64-v3]
//                   [--rounds=5] [Google Benchmark's flags]
//
// `decode` is one token, `prefill` 512 tokens, both behind D tokens that are in the cache. The
// counters are those of Rounds.h: a decode should be near the loop that reads (of_read), a prefill
// near the one that multiplies (of_peak; bf16 unless the cache is f32). Other layers' caches push a
// layer's out of the processor's, so many of them are taken in turn.
#include "AttentionCase.h"
#include "Rounds.h"

using namespace graphc::bench;

static void addCases(const Settings &settings) {
  for (const AttentionCase &test : allAttentionCases())
    addKernelCase(test.kernel(), settings);
}

int main(int argc, char **argv) { return runSuite(argc, argv, addCases); }
