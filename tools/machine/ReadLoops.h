// The read rate of memory: what generating a token is compared with.
#ifndef GRAPHC_TOOLS_MACHINE_READLOOPS_H
#define GRAPHC_TOOLS_MACHINE_READLOOPS_H

#include "runtime/base/Status.h"
#include "runtime/memory/MappedMemory.h"
#include "runtime/memory/MemoryPlan.h"

#include <cstdint>
#include <span>
#include <string>

namespace graphc {

/// A way of reading memory from its beginning to its end. How many streams a thread should walk at
/// once, and whether it should ask for lines ahead of time, differs between processors by more than
/// a third: so there are several ways, and the fastest is the machine's limit.
struct ReadLoop {
  int streams = 1;  ///< Equal parts that are walked side by side.
  int distance = 0; ///< Bytes ahead of the load that are prefetched; 0: none are.
  /// Reads `bytes` bytes (a multiple of kReadGranule) and returns something that depends on each.
  uint64_t (*run)(const std::byte *data, uint64_t bytes) = nullptr;
};

inline constexpr uint64_t kReadGranule = 4096;

/// The ways for this processor.
std::span<const ReadLoop> readLoops();

/// "4 streams, prefetch 2048 bytes ahead".
std::string readLoopText(const ReadLoop &loop);

/// How much memory to read: 1 GiB, but at most a quarter of what there is. That is many times the
/// last cache of most processors, and has to be: of four times as much a cache still keeps some.
/// What the machine says of its caches is no measure: a virtual one may be told of all of its
/// host's, of which it gets a part.
uint64_t chooseReadBytes(const MemoryLimits &limits);

/// Memory to read, much larger than the last cache, and the loop that reads it fastest. Every
/// thread reads a part of its own, which it was the first to write to (and which is therefore near
/// to it).
class ReadProbe {
public:
  /// A probe of `threads` threads over at least `bytes` bytes; 0: chooseReadBytes() of this
  /// process. Takes about a second: the memory is filled and the loops are compared. Resources when
  /// the memory is not there.
  static Expected<ReadProbe> create(int threads, uint64_t bytes = 0);

  /// Rate in 1e9 bytes a second: the best of a few passes that take `seconds` together.
  double measure(double seconds);

  const ReadLoop &loop() const { return *fastest; }
  int threads() const { return threadCount; }
  uint64_t bytes() const { return partBytes * static_cast<uint64_t>(threadCount); }

private:
  double rate(const ReadLoop &loop, uint64_t bytesPerThread);
  void chooseLoop();

  int threadCount = 1;
  uint64_t partBytes = 0; ///< Of each thread; a multiple of kReadGranule.
  uint64_t next = 0; ///< Where in its part each thread goes on: passes must not meet old lines.
  /// In 1e9 bytes a second, so far; sizes passes. (One that somebody interrupted must not make the
  /// next so short that starting threads is all that it measures.)
  double fastestRate = 1;
  MappedMemory memory;
  const ReadLoop *fastest = nullptr;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_MACHINE_READLOOPS_H
