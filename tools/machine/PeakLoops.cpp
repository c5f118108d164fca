#include "tools/machine/PeakLoops.h"

#include "tools/machine/Together.h"

#include <algorithm>
#include <cmath>

namespace graphc {

#if defined(__x86_64__)

namespace {

// Assembly, so that a compiler can neither drop nor widen anything. A loop's chains (one register
// each) are more than the latency of an instruction (4 to 10 cycles) times how many start in one
// (at most 2). Factors are zero: nothing overflows, nothing is denormal.
#define GRAPHC_TIMES_12(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define GRAPHC_TIMES_24(X)                                                                         \
  GRAPHC_TIMES_12(X) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)

#define GRAPHC_CLOBBER_16                                                                          \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",         \
      "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
#define GRAPHC_CLOBBER_32                                                                          \
  GRAPHC_CLOBBER_16, "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",       \
      "xmm24", "xmm25", "xmm26", "xmm27"

/// A function that runs 24 chains on 512-bit registers.
#define GRAPHC_LOOP_512(name, INSTRUCTIONS)                                                        \
  __attribute__((target("avx512f"))) void name(int64_t rounds) {                                   \
    asm volatile("vpxord %%zmm24, %%zmm24, %%zmm24\n"                                              \
                 "vpxord %%zmm25, %%zmm25, %%zmm25\n"                                              \
                 "1:\n" GRAPHC_TIMES_24(INSTRUCTIONS) "dec %0\n"                                   \
                                                      "jnz 1b\n"                                   \
                 : "+r"(rounds)                                                                    \
                 :                                                                                 \
                 : "cc", GRAPHC_CLOBBER_32);                                                       \
  }

/// A function that runs 12 chains on 256-bit registers.
#define GRAPHC_LOOP_256(name, INSTRUCTIONS)                                                        \
  __attribute__((target("avx2"))) void name(int64_t rounds) {                                      \
    asm volatile("vpxor %%ymm14, %%ymm14, %%ymm14\n"                                               \
                 "vpxor %%ymm15, %%ymm15, %%ymm15\n"                                               \
                 "1:\n" GRAPHC_TIMES_12(INSTRUCTIONS) "dec %0\n"                                   \
                                                      "jnz 1b\n"                                   \
                 : "+r"(rounds)                                                                    \
                 :                                                                                 \
                 : "cc", GRAPHC_CLOBBER_16);                                                       \
  }

#define GRAPHC_FMA_512(i) "vfmadd231ps %%zmm24, %%zmm25, %%zmm" #i "\n"
#define GRAPHC_BF16_512(i) "vdpbf16ps %%zmm24, %%zmm25, %%zmm" #i "\n"
#define GRAPHC_VNNI_512(i) "vpdpbusd %%zmm24, %%zmm25, %%zmm" #i "\n"
#define GRAPHC_MADD_512(i)                                                                         \
  "vpmaddubsw %%zmm24, %%zmm25, %%zmm26\n"                                                         \
  "vpmaddwd %%zmm26, %%zmm24, %%zmm26\n"                                                           \
  "vpaddd %%zmm26, %%zmm" #i ", %%zmm" #i "\n"
#define GRAPHC_FMA_256(i) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" #i "\n"
#define GRAPHC_VNNI_256(i) "%{vex%} vpdpbusd %%ymm14, %%ymm15, %%ymm" #i "\n"
#define GRAPHC_MADD_256(i)                                                                         \
  "vpmaddubsw %%ymm14, %%ymm15, %%ymm13\n"                                                         \
  "vpmaddwd %%ymm13, %%ymm14, %%ymm13\n"                                                           \
  "vpaddd %%ymm13, %%ymm" #i ", %%ymm" #i "\n"

GRAPHC_LOOP_512(fma512, GRAPHC_FMA_512)
GRAPHC_LOOP_512(bf16Dot512, GRAPHC_BF16_512)
GRAPHC_LOOP_512(vnni512, GRAPHC_VNNI_512)
GRAPHC_LOOP_512(madd512, GRAPHC_MADD_512)
GRAPHC_LOOP_256(fma256, GRAPHC_FMA_256)
GRAPHC_LOOP_256(vnni256, GRAPHC_VNNI_256)
GRAPHC_LOOP_256(madd256, GRAPHC_MADD_256)

/// Operations of one instruction for each chain: two for each factor of a register.
constexpr double operations(double chains, double bits, double factorBits) {
  return chains * 2 * bits / factorBits;
}

using enum ElementType;
constexpr PeakLoop kLoops[] = {
    {F32, "vfmadd231ps zmm", "avx512f", operations(24, 512, 32), fma512},
    {F32, "vfmadd231ps ymm", "fma", operations(12, 256, 32), fma256},
    {BF16, "vdpbf16ps zmm", "avx512bf16", operations(24, 512, 16), bf16Dot512},
    {I8, "vpdpbusd zmm", "avx512vnni", operations(24, 512, 8), vnni512},
    {I8, "vpmaddubsw zmm", "avx512bw", operations(24, 512, 8), madd512},
    {I8, "vpdpbusd ymm", "avxvnni", operations(12, 256, 8), vnni256},
    {I8, "vpmaddubsw ymm", "avx2", operations(12, 256, 8), madd256},
};

} // namespace

std::span<const PeakLoop> peakLoops() { return kLoops; }

#else

std::span<const PeakLoop> peakLoops() { return {}; }

#endif

const PeakLoop *bestPeakLoop(ElementType type, const CpuFeatures &features) {
  for (const PeakLoop &loop : peakLoops()) {
    if (loop.type == type && features.has(loop.feature))
      return &loop;
  }
  return nullptr;
}

/// Rounds that take one thread about so long.
static int64_t roundsFor(const PeakLoop &loop, double seconds) {
  constexpr int64_t kProbe = 20000; // about 0.1 ms
  loop.run(kProbe);
  double start = secondsNow();
  loop.run(kProbe);
  double perRound = (secondsNow() - start) / kProbe;
  return std::max<int64_t>(1, std::llround(seconds / std::max(perRound, 1e-12)));
}

double measurePeak(const PeakLoop &loop, int threads, double seconds) {
  constexpr int kTries = 4;
  int64_t rounds = roundsFor(loop, seconds / kTries);
  double best = 0;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    double time = timeTogether(threads, [&](int) { loop.run(rounds); });
    best = std::max(best, loop.operationsPerRound * static_cast<double>(rounds) * threads / time);
  }
  return best / 1e9;
}

} // namespace graphc
