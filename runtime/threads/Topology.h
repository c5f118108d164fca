// How many CPUs this process may use.
#ifndef GRAPHC_RUNTIME_THREADS_TOPOLOGY_H
#define GRAPHC_RUNTIME_THREADS_TOPOLOGY_H

#include <string>

namespace graphc {

/// CPUs in this process' affinity mask, less when a cgroup (v2) grants it less CPU time: a quota of
/// 1.5 CPUs counts as 2. At least 1. `root` stands in for "/" in tests.
int availableCpus(const std::string &root = "/");

} // namespace graphc

#endif // GRAPHC_RUNTIME_THREADS_TOPOLOGY_H
