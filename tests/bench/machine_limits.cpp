// What this machine can do at the moment: the read rate of memory and the peaks of its multiply-add
// units, for a number of threads. Prints JSON; the yardstick beside every speed of graphc.
//
//   machine_limits [THREADS] -> {"threads":2,"read_gbps":..,"fma_gflops":..,"bf16_gflops":..}
//
// The read loop streams over 512 MB a thread, far more than any cache share; the peaks are loops of
// independent instructions on registers. bf16 is 0 where VDPBF16PS does not exist.
#include "runtime/base/CpuFeatures.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <immintrin.h>
#include <memory>
#include <thread>
#include <vector>

using graphc::CpuFeatures;

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Seconds of the slowest of `threads` threads that start `work` together.
double timeTogether(int threads, const std::function<void(int)> &work) {
  std::atomic<int> ready = 0;
  std::vector<double> seconds(static_cast<size_t>(threads));
  std::vector<std::thread> pool;
  for (int i = 0; i < threads; ++i) {
    pool.emplace_back([&, i] {
      ++ready;
      while (ready < threads) {
      }
      double start = now();
      work(i);
      seconds[static_cast<size_t>(i)] = now() - start;
    });
  }
  for (std::thread &thread : pool)
    thread.join();
  return *std::max_element(seconds.begin(), seconds.end());
}

// Each loop has 24 (AVX-512) or 12 (AVX2) chains: more than latency times throughput.
#define GRAPHC_REPEAT_12(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define GRAPHC_REPEAT_24(X)                                                                        \
  GRAPHC_REPEAT_12(X)                                                                              \
  X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)
#define GRAPHC_BF16(i) "vdpbf16ps %%zmm24, %%zmm25, %%zmm" #i "\n"
#define GRAPHC_FMA512(i) "vfmadd231ps %%zmm24, %%zmm25, %%zmm" #i "\n"
#define GRAPHC_FMA256(i) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" #i "\n"

__attribute__((target("avx512f"))) void bf16Loop(int64_t rounds) {
  asm volatile("vpxord %%zmm24, %%zmm24, %%zmm24\nvpxord %%zmm25, %%zmm25, %%zmm25\n" ::
                   : "xmm24", "xmm25");
  for (int64_t i = 0; i < rounds; ++i)
    asm volatile(GRAPHC_REPEAT_24(GRAPHC_BF16)::
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                       "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm16",
                       "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23");
}

__attribute__((target("avx512f"))) void fma512Loop(int64_t rounds) {
  asm volatile("vpxord %%zmm24, %%zmm24, %%zmm24\nvpxord %%zmm25, %%zmm25, %%zmm25\n" ::
                   : "xmm24", "xmm25");
  for (int64_t i = 0; i < rounds; ++i)
    asm volatile(GRAPHC_REPEAT_24(GRAPHC_FMA512)::
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                       "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm16",
                       "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23");
}

__attribute__((target("avx2"))) void fma256Loop(int64_t rounds) {
  asm volatile("vpxor %%ymm14, %%ymm14, %%ymm14\nvpxor %%ymm15, %%ymm15, %%ymm15\n" ::
                   : "xmm14", "xmm15");
  for (int64_t i = 0; i < rounds; ++i)
    asm volatile(GRAPHC_REPEAT_12(GRAPHC_FMA256)::
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                       "xmm9", "xmm10", "xmm11");
}

/// Best rate over a few tries, in 1e9 operations a second.
double peak(int threads, void (*loop)(int64_t), double operationsPerRound) {
  constexpr int64_t kRounds = 2000000;
  double best = 0;
  for (int attempt = 0; attempt < 4; ++attempt) {
    double seconds = timeTogether(threads, [&](int) { loop(kRounds); });
    best = std::max(best, operationsPerRound * kRounds * threads / seconds);
  }
  return best / 1e9;
}

__attribute__((target_clones("default", "avx2", "avx512f"))) uint64_t sum(const uint64_t *data,
                                                                          size_t count) {
  uint64_t total[16] = {};
  for (size_t i = 0; i + 16 <= count; i += 16) {
    for (size_t lane = 0; lane < 16; ++lane)
      total[lane] += data[i + lane];
  }
  uint64_t result = 0;
  for (uint64_t lane : total)
    result += lane;
  return result;
}

/// Best of a few passes, in 1e9 bytes a second.
double readRate(int threads) {
  constexpr size_t kWords = (size_t(512) << 20) / sizeof(uint64_t);
  std::vector<std::unique_ptr<uint64_t[]>> memory;
  for (int i = 0; i < threads; ++i) {
    memory.push_back(std::make_unique<uint64_t[]>(kWords));
    std::memset(memory.back().get(), 1, kWords * sizeof(uint64_t));
  }
  std::atomic<uint64_t> sink = 0;
  double best = 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    double seconds = timeTogether(
        threads, [&](int i) { sink += sum(memory[static_cast<size_t>(i)].get(), kWords); });
    best = std::max(best, static_cast<double>(kWords * sizeof(uint64_t)) * threads / seconds);
  }
  return best / 1e9;
}

} // namespace

int main(int argc, char **argv) {
  int threads = argc > 1 ? std::max(1, std::atoi(argv[1]))
                         : static_cast<int>(std::thread::hardware_concurrency());
  CpuFeatures host = CpuFeatures::host();
  bool wide = host.has("avx512f");
  double fma = wide              ? peak(threads, fma512Loop, 24 * 32)
               : host.has("fma") ? peak(threads, fma256Loop, 12 * 16)
                                 : 0;
  double bf16 = host.has("avx512bf16") ? peak(threads, bf16Loop, 24 * 64) : 0;
  std::printf("{\"threads\":%d,\"read_gbps\":%.2f,\"fma_gflops\":%.1f,\"bf16_gflops\":%.1f}\n",
              threads, readRate(threads), fma, bf16);
  return 0;
}
