#include "tools/trial/TrialMemory.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace graphc {

/// What the memory repeats: long enough that no prefetcher or predictor learns it.
static std::vector<std::byte> makePattern() {
  constexpr size_t kBytes = size_t(1) << 20;
  // High bytes of a 16-bit or 32-bit float: the exponents that trialMemory() promises.
  constexpr uint8_t kHigh[] = {0x3b, 0x3c, 0xbb, 0xbc};
  std::vector<std::byte> pattern(kBytes);
  std::mt19937 random(1);
  for (size_t i = 0; i < kBytes; i += 2) {
    uint32_t bits = random();
    pattern[i] = std::byte(bits & 0xff);
    pattern[i + 1] = std::byte(kHigh[bits >> 30]);
  }
  return pattern;
}

Expected<MappedMemory> trialMemory(uint64_t bytes) {
  static const std::vector<std::byte> pattern = makePattern();
  GRAPHC_ASSIGN_OR_RETURN(MappedMemory memory,
                          MappedMemory::reserve(bytes, "memory of a trial", PageSize::Huge));
  for (uint64_t at = 0; at < bytes; at += pattern.size())
    std::memcpy(memory.data() + at, pattern.data(), std::min<uint64_t>(pattern.size(), bytes - at));
  return memory;
}

} // namespace graphc
