// Facts about a machine, read from a file tree like the system's.
#include "../plan/PlanFixture.h"

#include "tools/machine/MachineFacts.h"

#include <gmock/gmock.h>

using namespace graphc;
using namespace graphc::test;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

/// Two packages with two cores of two threads each.
class FakeMachine {
public:
  FakeMachine() {
    put("proc/cpuinfo", "processor\t: 0\nmodel name\t: Example CPU 9000 @ 3 GHz\nflags\t\t: fpu\n");
    put("proc/meminfo", "MemTotal:       4194304 kB\nMemFree: 5 kB\nMemAvailable:    2097152 kB\n");
    put("proc/self/cgroup", "0::/job\n");
    put("sys/fs/cgroup/job/memory.max", "1073741824\n");
    put("sys/fs/cgroup/memory.max", "max\n");
    put("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    put("sys/devices/system/cpu/online", "0-7\n");
    for (int cpu = 0; cpu < 8; ++cpu)
      addCpu(cpu);
    put("sys/devices/system/node/online", "0-1\n");
    addNode(0, "0-1,4-5");
    addNode(1, "2-3,6-7");
  }

  MachineFacts facts() const { return MachineFacts::read(folder.path.string()); }

  void put(const std::string &path, const std::string &text) {
    fs::create_directories((folder.path / path).parent_path());
    std::ofstream(folder.path / path) << text;
  }

private:
  /// CPUs n and n + 4 are the threads of core n.
  void addCpu(int cpu) {
    std::string base = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/";
    int core = cpu % 4, package = core / 2;
    std::string siblings = std::to_string(core) + "," + std::to_string(core + 4) + "\n";
    put(base + "topology/physical_package_id", std::to_string(package) + "\n");
    put(base + "topology/thread_siblings_list", siblings);
    addCache(base + "cache/index0/", "1", "Data", "48K", siblings);
    addCache(base + "cache/index1/", "1", "Instruction", "32K", siblings);
    addCache(base + "cache/index2/", "3", "Unified", "16M",
             package == 0 ? "0-1,4-5\n" : "2-3,6-7\n");
  }
  void addCache(const std::string &base, const std::string &level, const std::string &type,
                const std::string &size, const std::string &shared) {
    put(base + "level", level + "\n");
    put(base + "type", type + "\n");
    put(base + "size", size + "\n");
    put(base + "shared_cpu_list", shared);
  }
  void addNode(int node, const std::string &cpus) {
    std::string base = "sys/devices/system/node/node" + std::to_string(node) + "/";
    std::string prefix = "Node " + std::to_string(node);
    put(base + "cpulist", cpus + "\n");
    put(base + "meminfo",
        prefix + " MemTotal:        2097152 kB\n" + prefix + " MemFree:          1024 kB\n");
  }

  TemporaryFolder folder;
};

} // namespace

TEST(MachineFacts, AreThoseOfTheSystemsFiles) {
  MachineFacts facts = FakeMachine().facts();
  EXPECT_EQ(facts.cpuName, "Example CPU 9000 @ 3 GHz");
  EXPECT_EQ(facts.cpus, 8);
  EXPECT_EQ(facts.cores, 4);
  EXPECT_EQ(facts.packages, 2);
  EXPECT_THAT(facts.caches, ElementsAre(CpuCache{1, "data", 48 << 10, 2, 4},
                                        CpuCache{1, "instruction", 32 << 10, 2, 4},
                                        CpuCache{3, "unified", 16 << 20, 4, 2}));
  EXPECT_EQ(facts.lastCacheBytes(), 16u << 20);
  EXPECT_THAT(facts.nodes, ElementsAre(NumaNode{0, "0-1,4-5", uint64_t(2) << 30, 1 << 20},
                                       NumaNode{1, "2-3,6-7", uint64_t(2) << 30, 1 << 20}));
  EXPECT_EQ(facts.memoryBytes, uint64_t(4) << 30);
  EXPECT_EQ(facts.availableBytes, uint64_t(2) << 30);
  EXPECT_EQ(facts.cgroupBytes, uint64_t(1) << 30);
  EXPECT_EQ(facts.hugePages, "madvise");
}

TEST(MachineFacts, TakeTheTightestControlGroup) {
  FakeMachine machine;
  machine.put("sys/fs/cgroup/memory.max", "536870912\n");
  EXPECT_EQ(machine.facts().cgroupBytes, uint64_t(512) << 20);
}

TEST(MachineFacts, OfABareSystemAreEmpty) {
  TemporaryFolder folder;
  MachineFacts facts = MachineFacts::read(folder.path.string());
  EXPECT_EQ(facts.cpuName, "");
  EXPECT_EQ(facts.cpus, 0);
  EXPECT_THAT(facts.caches, IsEmpty());
  EXPECT_THAT(facts.nodes, IsEmpty());
  EXPECT_EQ(facts.cgroupBytes, std::nullopt);
  EXPECT_EQ(facts.lastCacheBytes(), 0u);
  EXPECT_GE(facts.usableCpus, 1);
}

TEST(MachineFacts, OfThisMachineHaveItsCpus) {
  MachineFacts facts = MachineFacts::read();
  if (facts.cpus == 0)
    GTEST_SKIP() << "/sys does not list the CPUs here, as in a chroot without it";
  EXPECT_GE(facts.cpus, facts.usableCpus);
  EXPECT_GE(facts.cpus, facts.cores);
  EXPECT_GE(facts.cores, 1);
  EXPECT_GT(facts.memoryBytes, uint64_t(64) << 20);
}

TEST(ParseCpuList, ReadsRangesAndRefusesOtherText) {
  EXPECT_THAT(parseCpuList("0-3,8"), ElementsAre(0, 1, 2, 3, 8));
  EXPECT_THAT(parseCpuList("5"), ElementsAre(5));
  for (const char *text : {"", "x", "3-1", "1,", "1-", "-1", "1-2-3", "0-99999999999", "0;1"})
    EXPECT_THAT(parseCpuList(text), IsEmpty()) << text;
}
