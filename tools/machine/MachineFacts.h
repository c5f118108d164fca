// What the system says about the machine: processor, caches, memory.
#ifndef GRAPHC_TOOLS_MACHINE_MACHINEFACTS_H
#define GRAPHC_TOOLS_MACHINE_MACHINEFACTS_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

/// Equal caches, one for each `cpus` CPUs.
struct CpuCache {
  int level = 0;
  std::string kind; ///< "data", "instruction" or "unified".
  uint64_t bytes = 0;
  int cpus = 1;      ///< That share one.
  int instances = 1; ///< How many there are.

  bool operator==(const CpuCache &) const = default;
};

struct NumaNode {
  int number = 0;
  std::string cpus; ///< As the system lists them: "0-3,8-11".
  uint64_t bytes = 0, freeBytes = 0;

  bool operator==(const NumaNode &) const = default;
};

/// Numbers that the system does not tell are 0, texts empty, lists empty.
struct MachineFacts {
  std::string cpuName;
  int packages = 0, cores = 0, cpus = 0; ///< Online; a core may be several CPUs.
  int usableCpus = 1;                    ///< That this process may use: affinity and CPU quota.
  std::vector<CpuCache> caches;          ///< As the system says, else as CPUID does.
  std::vector<NumaNode> nodes;
  uint64_t memoryBytes = 0;
  std::optional<uint64_t> availableBytes; ///< Without swapping.
  std::optional<uint64_t> cgroupBytes;    ///< The tightest limit of a control group.
  std::string hugePages;                  ///< Transparent ones: "always", "madvise" or "never".
  std::string kernel;                     ///< "Linux 6.1.0".

  /// `root` stands in for "/" in tests.
  static MachineFacts read(const std::string &root = "/");
};

/// CPUs of a list as the system writes it: "0-3,8" are 0, 1, 2, 3, 8. What is no list is empty.
std::vector<int> parseCpuList(std::string_view text);

} // namespace graphc

#endif // GRAPHC_TOOLS_MACHINE_MACHINEFACTS_H
