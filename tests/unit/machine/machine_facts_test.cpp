// Facts about a machine, read from a file tree like the system's.
#include "../plan/PlanFixture.h"

#include "tools/machine/CpuidCaches.h"

#include <gmock/gmock.h>

using namespace graphc;
using namespace graphc::test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

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

/// A processor that answers from a table, and for all else with zeros.
Cpuid tableOf(std::map<std::pair<uint32_t, uint32_t>, CpuidRegisters> table) {
  return [table = std::move(table)](uint32_t leaf, uint32_t subleaf) {
    auto found = table.find({leaf, subleaf});
    return found == table.end() ? CpuidRegisters() : found->second;
  };
}

MachineFacts countsOf(int packages, int cores, int cpus) {
  MachineFacts counts;
  counts.packages = packages;
  counts.cores = cores;
  counts.cpus = cpus;
  return counts;
}

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

TEST(MachineFacts, OfThisMachineHaveCachesIfAnythingTellsOfThem) {
  MachineFacts facts = MachineFacts::read();
  if (facts.caches.empty())
    EXPECT_THAT(cachesByCpuid(hostCpuid, facts), IsEmpty());
  else
    EXPECT_GE(facts.caches.back().bytes, uint64_t(64) << 10);
}

TEST(CpuidCaches, OfIntelsLeaf) {
  // Two packages with 56 cores of two threads; sub-leaf 4 ends the list, 5 must not be read.
  Cpuid cpuid = tableOf({{{4, 0}, {0xfc004121, 0x02c0003f, 0x0000003f, 0}},
                         {{4, 1}, {0xfc004122, 0x01c0003f, 0x0000003f, 0}},
                         {{4, 2}, {0xfc004143, 0x03c0003f, 0x000007ff, 0}},
                         {{4, 3}, {0xfc1fc163, 0x0380003f, 0x0001bfff, 4}},
                         {{4, 5}, {0xfc004121, 0x02c0003f, 0x0000003f, 0}}});
  EXPECT_THAT(cachesByCpuid(cpuid, countsOf(2, 112, 224)),
              ElementsAre(CpuCache{1, "data", 48 << 10, 2, 112},
                          CpuCache{1, "instruction", 32 << 10, 2, 112},
                          CpuCache{2, "unified", 2 << 20, 2, 112},
                          CpuCache{3, "unified", 105 << 20, 112, 2}));
}

TEST(CpuidCaches, OfAmdsLeaf) {
  // One package of 16 cores of one thread, eight of which share the third level.
  Cpuid cpuid = tableOf({{{0x8000001d, 0}, {0x00000121, 0x01c0003f, 0x0000003f, 0}},
                         {{0x8000001d, 1}, {0x00000122, 0x01c0003f, 0x0000003f, 0}},
                         {{0x8000001d, 2}, {0x00000143, 0x01c0003f, 0x000007ff, 2}},
                         {{0x8000001d, 3}, {0x0001c163, 0x03c0003f, 0x00007fff, 1}},
                         {{0x80000006, 0}, {0, 0, 0x04006140, 0x0fe09140}}});
  EXPECT_THAT(
      cachesByCpuid(cpuid, countsOf(1, 16, 16)),
      ElementsAre(CpuCache{1, "data", 32 << 10, 1, 16}, CpuCache{1, "instruction", 32 << 10, 1, 16},
                  CpuCache{2, "unified", 1 << 20, 1, 16}, CpuCache{3, "unified", 32 << 20, 8, 2}));
}

TEST(CpuidCaches, OfAVirtualMachineThatShowsSizesAlone) {
  Cpuid cpuid = tableOf({{{0x80000005, 0}, {0xff60ff40, 0xff60ff40, 0x300c0140, 0x20080140}},
                         {{0x80000006, 0}, {0x40802040, 0x60804040, 0x04006140, 0x0fe09140}}});
  MachineFacts facts = countsOf(1, 2, 4);
  facts.caches = cachesByCpuid(cpuid, facts);
  EXPECT_THAT(facts.caches, ElementsAre(CpuCache{1, "data", 48 << 10, 2, 2},
                                        CpuCache{1, "instruction", 32 << 10, 2, 2},
                                        CpuCache{2, "unified", 1 << 20, 2, 2},
                                        CpuCache{3, "unified", 508 << 20, 4, 1}));
}

TEST(CpuidCaches, AreSharedByNoMoreCpusThanThereAre) {
  Cpuid cpuid = tableOf({{{4, 0}, {0xfc1fc163, 0x0380003f, 0x0001bfff, 4}}});
  EXPECT_THAT(cachesByCpuid(cpuid, countsOf(1, 2, 2)),
              ElementsAre(CpuCache{3, "unified", 105 << 20, 2, 1}));
  EXPECT_THAT(cachesByCpuid(cpuid, countsOf(0, 0, 0)),
              ElementsAre(CpuCache{3, "unified", 105 << 20, 1, 1}))
      << "nothing is known of the CPUs";
}

TEST(CpuidCaches, OfAProcessorThatSaysNothingAreNone) {
  EXPECT_THAT(cachesByCpuid(tableOf({}), countsOf(1, 2, 2)), IsEmpty());
  // A hypervisor that gives the same answer for every sub-leaf does not keep us.
  Cpuid same = [](uint32_t leaf, uint32_t) {
    return leaf == 4 ? CpuidRegisters{0xfc004121, 0x02c0003f, 0x3f, 0} : CpuidRegisters();
  };
  EXPECT_THAT(cachesByCpuid(same, countsOf(1, 2, 2)), SizeIs(testing::Le(16u)));
}

TEST(ParseCpuList, ReadsRangesAndRefusesOtherText) {
  EXPECT_THAT(parseCpuList("0-3,8"), ElementsAre(0, 1, 2, 3, 8));
  EXPECT_THAT(parseCpuList("5"), ElementsAre(5));
  for (const char *text : {"", "x", "3-1", "1,", "1-", "-1", "1-2-3", "0-99999999999", "0;1"})
    EXPECT_THAT(parseCpuList(text), IsEmpty()) << text;
}
