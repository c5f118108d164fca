// Caches as the processor itself tells of them, for systems that do not.
#ifndef GRAPHC_TOOLS_MACHINE_CPUIDCACHES_H
#define GRAPHC_TOOLS_MACHINE_CPUIDCACHES_H

#include "tools/machine/MachineFacts.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace graphc {

struct CpuidRegisters {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

/// A leaf and a sub-leaf of CPUID; all zero where the processor has none.
using Cpuid = std::function<CpuidRegisters(uint32_t leaf, uint32_t subleaf)>;

/// That of this processor; all zero on one without CPUID.
CpuidRegisters hostCpuid(uint32_t leaf, uint32_t subleaf);

/// Caches of a machine of so many packages, cores and CPUs (those of `counts`), all with the same
/// caches. The first of these that says anything: the deterministic cache parameters (leaf 4 of
/// Intel, 0x8000001D of AMD), AMD's older leaves 0x80000005 and 0x80000006, which hypervisors that
/// hide the topology leave there. Empty when none does.
///
/// CPUID tells how many CPUs a cache may have at most, and a virtual machine may see its host's:
/// CpuCache::cpus is cut to the CPUs of a package, sizes are as they are told.
std::vector<CpuCache> cachesByCpuid(const Cpuid &cpuid, const MachineFacts &counts);

} // namespace graphc

#endif // GRAPHC_TOOLS_MACHINE_CPUIDCACHES_H
