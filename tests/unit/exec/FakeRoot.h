// A file tree that tells of a machine's memory as /proc and /sys do.
#ifndef GRAPHC_TESTS_UNIT_EXEC_FAKEROOT_H
#define GRAPHC_TESTS_UNIT_EXEC_FAKEROOT_H

#include "runtime/memory/MemoryPlan.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace graphc::test {

/// A machine with 1 GiB free, and a control group two levels deep.
class FakeRoot {
public:
  FakeRoot() {
    putAvailable(uint64_t(1) << 20);
    put("proc/self/cgroup", "0::/outer/inner\n");
    put("proc/self/statm", "1000 500 100 10 0 90 0\n");
  }
  ~FakeRoot() { std::filesystem::remove_all(root); }

  void put(const std::string &path, const std::string &text) {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  }
  void putAvailable(uint64_t kilobytes) {
    put("proc/meminfo",
        "MemTotal:       2097152 kB\nMemAvailable:    " + std::to_string(kilobytes) + " kB\n");
  }
  std::string path() const { return root.string(); }
  MemoryLimits limits() const { return MemoryLimits::ofThisProcess(path()); }

private:
  std::filesystem::path root =
      std::filesystem::temp_directory_path() / ("graphc-memory-" + std::to_string(::getpid()));
};

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_EXEC_FAKEROOT_H
