#include "runtime/plan/PlanFormat.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace graphc {

uint64_t hashBytes(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

uint64_t hashPrelude(const PlanPrelude &prelude) {
  return XXH3_64bits(&prelude, offsetof(PlanPrelude, preludeHash));
}

uint64_t sectionHash(std::span<const std::byte> bytes) { return sectionHash(bytes, {}); }

uint64_t sectionHash(std::span<const std::byte> bytes,
                     std::span<const std::optional<uint64_t>> known) {
  size_t blocks = hashBlocks(bytes.size());
  std::vector<uint64_t> hashes(blocks);
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i = next++; i < blocks; i = next++) {
      if (!known.empty() && known[i]) {
        hashes[i] = *known[i];
        continue;
      }
      size_t begin = i * kHashBlockBytes;
      hashes[i] = hashBytes(bytes.subspan(begin, std::min(kHashBlockBytes, bytes.size() - begin)));
    }
  };
  // A thread costs as much as hashing about 1 MiB; memory is saturated by a few of them.
  constexpr size_t kBlocksPerThread = 16, kMaxThreads = 8;
  size_t wanted = std::min<size_t>(std::thread::hardware_concurrency(), kMaxThreads);
  wanted = std::min(wanted, blocks / kBlocksPerThread);
  std::vector<std::jthread> helpers;
  for (size_t i = 1; i < wanted; ++i)
    helpers.emplace_back(work);
  work();
  helpers.clear(); // joins
  return hashBytes(std::as_bytes(std::span(hashes)));
}

} // namespace graphc
