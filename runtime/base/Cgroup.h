// Limits that a control group (version 2) sets for this process.
#ifndef GRAPHC_RUNTIME_BASE_CGROUP_H
#define GRAPHC_RUNTIME_BASE_CGROUP_H

#include <string>
#include <string_view>
#include <vector>

namespace graphc {

/// The contents of one control file ("memory.max") in the group of this process and in every group
/// above it, innermost first; groups without the file are left out. Empty where there is no cgroup
/// v2. `root` stands in for "/" in tests.
std::vector<std::string> readCgroupFiles(std::string_view file, const std::string &root = "/");

/// The contents of a small file such as those in /proc and /sys; empty when it cannot be read.
std::string readSmallFile(const std::string &path);

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_CGROUP_H
