#include "tools/machine/CpuidCaches.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace graphc {

namespace {

/// Bits `low` to `high` of a register.
uint32_t bits(uint32_t value, int high, int low) {
  return value >> low & ((uint64_t(1) << (high - low + 1)) - 1);
}

class CacheReader {
public:
  CacheReader(const Cpuid &cpuid, const MachineFacts &counts)
      : cpuid(cpuid), all(std::max(counts.cpus, 1)),
        perPackage(std::max(1, all / std::max(counts.packages, 1))),
        perCore(std::max(1, all / std::max(counts.cores, 1))) {}

  /// Every sub-leaf is a cache; one of no type ends the list.
  std::vector<CpuCache> deterministic(uint32_t leaf) {
    constexpr uint32_t kMostCaches = 16; // should a hypervisor not end it
    for (uint32_t subleaf = 0; subleaf < kMostCaches; ++subleaf) {
      CpuidRegisters at = cpuid(leaf, subleaf);
      uint32_t type = bits(at.eax, 4, 0);
      if (type == 0)
        break;
      if (type >= std::size(kKinds))
        continue;
      uint64_t bytes = uint64_t(1) + bits(at.ebx, 31, 22); // ways
      bytes *= uint64_t(1) + bits(at.ebx, 21, 12);         // partitions
      bytes *= uint64_t(1) + bits(at.ebx, 11, 0);          // bytes of a line
      bytes *= uint64_t(1) + at.ecx;                       // sets
      add(static_cast<int>(bits(at.eax, 7, 5)), kKinds[type], bytes,
          static_cast<int>(bits(at.eax, 25, 14)) + 1);
    }
    return sorted();
  }

  /// Sizes alone: first and second level for a core, the third for a package.
  std::vector<CpuCache> sizesOfAmd() {
    CpuidRegisters first = cpuid(0x80000005, 0), others = cpuid(0x80000006, 0);
    add(1, "data", uint64_t(bits(first.ecx, 31, 24)) << 10, perCore);
    add(1, "instruction", uint64_t(bits(first.edx, 31, 24)) << 10, perCore);
    add(2, "unified", uint64_t(bits(others.ecx, 31, 16)) << 10, perCore);
    add(3, "unified", uint64_t(bits(others.edx, 31, 18)) << 19, perPackage);
    return sorted();
  }

private:
  static constexpr const char *kKinds[] = {"", "data", "instruction", "unified"};

  void add(int level, const char *kind, uint64_t bytes, int sharers) {
    int cpus = std::clamp(sharers, 1, perPackage);
    if (bytes > 0)
      found.push_back({level, kind, bytes, cpus, (all + cpus - 1) / cpus});
  }

  std::vector<CpuCache> sorted() {
    std::sort(found.begin(), found.end(), [](const CpuCache &a, const CpuCache &b) {
      return std::tie(a.level, a.kind) < std::tie(b.level, b.kind);
    });
    return std::exchange(found, {});
  }

  const Cpuid &cpuid;
  int all, perPackage, perCore;
  std::vector<CpuCache> found;
};

} // namespace

CpuidRegisters hostCpuid(uint32_t leaf, uint32_t subleaf) {
  CpuidRegisters result;
#if defined(__x86_64__)
  __get_cpuid_count(leaf, subleaf, &result.eax, &result.ebx, &result.ecx, &result.edx);
#endif
  return result;
}

std::vector<CpuCache> cachesByCpuid(const Cpuid &cpuid, const MachineFacts &counts) {
  CacheReader reader(cpuid, counts);
  for (uint32_t leaf : {0x4u, 0x8000001du}) {
    if (std::vector<CpuCache> caches = reader.deterministic(leaf); !caches.empty())
      return caches;
  }
  return reader.sizesOfAmd();
}

} // namespace graphc
