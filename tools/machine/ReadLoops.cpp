#include "tools/machine/ReadLoops.h"

#include "runtime/base/CpuFeatures.h"
#include "tools/machine/Together.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <vector>

namespace graphc {

namespace {

constexpr uint64_t kLine = 64;

/// A cache line; the compiler splits it into what the function's target has.
typedef uint64_t Line __attribute__((vector_size(kLine), may_alias, aligned(kLine)));

/// Walks `Streams` equal parts side by side, in blocks of a few lines, and folds all lines into
/// one. Inlined into a function for each width of registers.
template <int Streams, int Distance>
[[gnu::always_inline]] inline uint64_t readStreams(const std::byte *data, uint64_t bytes) {
  constexpr uint64_t kBlock = 4 * kLine;
  constexpr size_t kChains = 4;
  Line chains[kChains] = {};
  uint64_t part = bytes / Streams;
  for (uint64_t at = 0; at < part; at += kBlock) {
    for (int stream = 0; stream < Streams; ++stream) {
      const std::byte *block = data + static_cast<uint64_t>(stream) * part + at;
      for (size_t i = 0; i < kChains; ++i) {
        // Beyond the end a prefetch is a hint without effect.
        if (Distance > 0)
          __builtin_prefetch(block + i * kLine + Distance);
        chains[i] ^= *reinterpret_cast<const Line *>(block + i * kLine);
      }
    }
  }
  Line all = (chains[0] ^ chains[1]) ^ (chains[2] ^ chains[3]);
  uint64_t result = 0;
  for (size_t i = 0; i < kLine / sizeof(uint64_t); ++i)
    result ^= all[i];
  return result;
}

template <int Streams, int Distance>
struct Reader {
#if defined(__x86_64__)
  __attribute__((target("avx512f"))) static uint64_t wide(const std::byte *data, uint64_t bytes) {
    return readStreams<Streams, Distance>(data, bytes);
  }
  __attribute__((target("avx2"))) static uint64_t avx2(const std::byte *data, uint64_t bytes) {
    return readStreams<Streams, Distance>(data, bytes);
  }
#endif
  static uint64_t plain(const std::byte *data, uint64_t bytes) {
    return readStreams<Streams, Distance>(data, bytes);
  }

  static ReadLoop forHost(const CpuFeatures &host) {
#if defined(__x86_64__)
    if (host.has("avx512f"))
      return {Streams, Distance, wide};
    if (host.has("avx2"))
      return {Streams, Distance, avx2};
#endif
    return {Streams, Distance, plain};
  }
};

std::vector<ReadLoop> makeReadLoops() {
  CpuFeatures host = CpuFeatures::host();
  return {Reader<1, 0>::forHost(host),    Reader<1, 2048>::forHost(host),
          Reader<2, 1024>::forHost(host), Reader<4, 0>::forHost(host),
          Reader<4, 1024>::forHost(host), Reader<8, 0>::forHost(host),
          Reader<8, 1024>::forHost(host), Reader<16, 0>::forHost(host)};
}

uint64_t roundDown(uint64_t value, uint64_t to) { return value - value % to; }

} // namespace

uint64_t chooseReadBytes(const MemoryLimits &limits) {
  uint64_t bytes = uint64_t(1) << 30;
  for (std::optional<uint64_t> limit : {limits.ram, limits.cgroup, limits.addressSpace})
    bytes = std::min(bytes, limit.value_or(UINT64_MAX) / 4);
  return bytes;
}

std::span<const ReadLoop> readLoops() {
  static const std::vector<ReadLoop> kLoops = makeReadLoops();
  return kLoops;
}

std::string readLoopText(const ReadLoop &loop) {
  std::string text = std::to_string(loop.streams) + (loop.streams == 1 ? " stream" : " streams");
  return loop.distance == 0 ? text
                            : text + ", prefetch " + std::to_string(loop.distance) + " bytes ahead";
}

Expected<ReadProbe> ReadProbe::create(int threads, uint64_t bytes) {
  ReadProbe probe;
  probe.threadCount = threads;
  bytes = bytes ? bytes : chooseReadBytes(MemoryLimits::ofThisProcess());
  probe.partBytes =
      std::max(roundDown(bytes / static_cast<uint64_t>(threads), kReadGranule), kReadGranule);
  // Huge pages: the limit is what the machine can do at best.
  GRAPHC_ASSIGN_OR_RETURN(probe.memory,
                          MappedMemory::reserve(probe.bytes(), "read loop", PageSize::Huge));
  timeTogether(threads, [&](int thread) {
    std::memset(probe.memory.data() + static_cast<uint64_t>(thread) * probe.partBytes, 1,
                probe.partBytes);
  });
  probe.chooseLoop();
  return probe;
}

/// One pass: every thread reads that many bytes of its part, from where the pass before ended.
double ReadProbe::rate(const ReadLoop &loop, uint64_t bytesPerThread) {
  uint64_t bytes =
      std::min(std::max(roundDown(bytesPerThread, kReadGranule), kReadGranule), partBytes);
  if (next + bytes > partBytes)
    next = 0;
  static std::atomic<uint64_t> sink; // a result that somebody might want
  double seconds = timeTogether(threadCount, [&](int thread) {
    sink ^= loop.run(memory.data() + static_cast<uint64_t>(thread) * partBytes + next, bytes);
  });
  next += bytes;
  return static_cast<double>(bytes) * threadCount / seconds / 1e9;
}

void ReadProbe::chooseLoop() {
  constexpr int kRounds = 4;
  constexpr uint64_t kBytesPerPass = uint64_t(256) << 20; // 5 to 30 ms
  std::vector<double> best(readLoops().size());
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < best.size(); ++i)
      best[i] = std::max(best[i],
                         rate(readLoops()[i], kBytesPerPass / static_cast<uint64_t>(threadCount)));
  }
  auto winner = std::max_element(best.begin(), best.end());
  fastest = &readLoops()[static_cast<size_t>(winner - best.begin())];
  fastestRate = *winner;
}

double ReadProbe::measure(double seconds) {
  constexpr int kPasses = 4;
  double best = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    double bytes = seconds / kPasses * fastestRate * 1e9 / threadCount;
    best = std::max(best, rate(*fastest, static_cast<uint64_t>(std::llround(bytes))));
    fastestRate = std::max(fastestRate, best);
  }
  return best;
}

} // namespace graphc
