#include "runtime/threads/Topology.h"

#include "runtime/base/Cgroup.h"
#include "runtime/threads/Tuning.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sched.h>
#include <thread>
#include <vector>

namespace graphc {

static int cpusOfAffinityMask() {
  // The mask of a large machine is longer than cpu_set_t; grow until it fits.
  for (int cpus = 1024; cpus <= 1 << 18; cpus *= 4) {
    size_t bytes = CPU_ALLOC_SIZE(cpus);
    std::vector<unsigned long> mask(bytes / sizeof(unsigned long) + 1);
    auto *set = reinterpret_cast<cpu_set_t *>(mask.data());
    if (::sched_getaffinity(0, bytes, set) == 0)
      return CPU_COUNT_S(bytes, set);
  }
  return static_cast<int>(std::thread::hardware_concurrency());
}

/// CPUs that a line "<quota> <period>" of cpu.max stands for; "max" is no limit.
static double cpusOfQuota(const std::string &line) {
  double quota = 0, period = 0;
  const char *end = line.data() + line.size();
  auto [rest, error] = std::from_chars(line.data(), end, quota);
  if (error != std::errc() || rest == end)
    return tuning::kMaxThreads;
  error = std::from_chars(rest + 1, end, period).ec;
  return error == std::errc() && period > 0 ? quota / period : tuning::kMaxThreads;
}

int availableCpus(const std::string &root) {
  double cpus = cpusOfAffinityMask();
  for (const std::string &line : readCgroupFiles("cpu.max", root))
    cpus = std::min(cpus, std::ceil(cpusOfQuota(line)));
  return std::clamp(static_cast<int>(cpus), 1, tuning::kMaxThreads);
}

} // namespace graphc
