// What a run will need, what there is, and the refusal when the two do not fit: before any work.
#ifndef GRAPHC_RUNTIME_MEMORY_MEMORYPLAN_H
#define GRAPHC_RUNTIME_MEMORY_MEMORYPLAN_H

#include "runtime/base/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace graphc {

/// One line of the memory plan.
struct MemoryUse {
  std::string what;          ///< "KV cache", "arena", ...
  uint64_t bytes = 0;        ///< That will be written to or read, for certain.
  uint64_t addressSpace = 0; ///< That is reserved; at least `bytes`.
  bool mappedFile = false;   ///< Pages of a file: the system may drop and read them again.
  bool grows = false;        ///< May come to need all of its address space (checkGrowth).
};

struct MemoryPlan {
  std::vector<MemoryUse> uses;

  uint64_t anonymousBytes() const; ///< Of what is not a mapped file.
  uint64_t mappedBytes() const;
  uint64_t addressSpace() const;

  /// The plan as a table for people, a line per use and a sum.
  std::string table() const;
};

/// What this process may still take. Absent: no limit known.
struct MemoryLimits {
  std::optional<uint64_t> ram = {};    ///< MemAvailable.
  std::optional<uint64_t> cgroup = {}; ///< memory.max less what is in use and cannot be dropped.
  std::optional<uint64_t> addressSpace = {}; ///< RLIMIT_AS less what is mapped.

  /// Of this process, now. `root` stands in for "/" in tests.
  static MemoryLimits ofThisProcess(const std::string &root = "/");
};

/// Ok when the plan fits. Otherwise Resources; the message says which limit, and has the table.
/// Mapped files count for the address space only, and only as far as they are not mapped yet.
Status checkMemory(const MemoryPlan &plan, const MemoryLimits &limits);

/// Ok when `what` can take `bytes` more memory, on top of what the process has by now. Otherwise
/// Resources, as checkMemory().
Status checkGrowth(const std::string &what, uint64_t bytes, const MemoryLimits &limits);

/// "11.6 MiB", "812 B".
std::string bytesText(uint64_t bytes);

} // namespace graphc

#endif // GRAPHC_RUNTIME_MEMORY_MEMORYPLAN_H
