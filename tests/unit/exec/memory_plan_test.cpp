// The memory check: row 23 of the reliability table.
#include "FakeRoot.h"

#include "runtime/memory/KvCache.h"
#include "runtime/memory/MemoryPlan.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace graphc;
using namespace graphc::test;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

constexpr uint64_t kMiB = uint64_t(1) << 20;

const MemoryPlan kPlan{{{"weights", 4000 * kMiB, 4000 * kMiB, true},
                        {"KV cache", 300 * kMiB, 300 * kMiB, false},
                        {"arena", 12 * kMiB, 12 * kMiB, false}}};

} // namespace

TEST(MemoryPlan, SumsKindsApart) {
  EXPECT_EQ(kPlan.anonymousBytes(), 312 * kMiB);
  EXPECT_EQ(kPlan.mappedBytes(), 4000 * kMiB);
  EXPECT_EQ(kPlan.addressSpace(), 4312 * kMiB);
}

TEST(MemoryPlan, E3Row23_TooLittleRamIsRefusedWithTheTable) {
  Status status = checkMemory(kPlan, {.ram = 311 * kMiB});
  EXPECT_EQ(status.code(), StatusCode::Resources);
  for (const char *part : {"312.0 MiB needed", "311.0 MiB of RAM", "KV cache", "300.0 MiB",
                           "weights", "3.9 GiB", "mapped file", "total"})
    EXPECT_THAT(status.message(), HasSubstr(part));
  EXPECT_TRUE(checkMemory(kPlan, {.ram = 312 * kMiB}).ok());
  EXPECT_TRUE(checkMemory(kPlan, {}).ok());
}

TEST(MemoryPlan, WhatMayComeIsToldButNotAskedFor) {
  MemoryPlan plan = kPlan;
  plan.uses[1] = {"KV cache", kMiB, 300 * kMiB, false, /*grows=*/true};
  EXPECT_TRUE(checkMemory(plan, {.ram = 13 * kMiB}).ok());
  EXPECT_THAT(checkMemory(plan, {.ram = 12 * kMiB}).message(),
              AllOf(HasSubstr("13.0 MiB needed"), HasSubstr("up to 300.0 MiB")));
}

TEST(MemoryPlan, E3Row23_GrowthIsRefusedWhenTheMemoryIsUsedUp) {
  EXPECT_TRUE(checkGrowth("KV cache", 3 * kMiB, {}).ok());
  EXPECT_TRUE(checkGrowth("KV cache", 3 * kMiB, {.ram = 3 * kMiB, .cgroup = 3 * kMiB}).ok());
  Status status = checkGrowth("KV cache", 3 * kMiB, {.ram = 4 * kMiB, .cgroup = 2 * kMiB});
  EXPECT_EQ(status.code(), StatusCode::Resources);
  for (const char *part : {"KV cache needs 3.0 MiB more", "2.0 MiB of the control group's memory"})
    EXPECT_THAT(status.message(), HasSubstr(part));
  EXPECT_THAT(checkGrowth("KV cache", 3 * kMiB, {.ram = kMiB}).message(), HasSubstr("of RAM"));
}

TEST(MemoryPlan, E3Row23_TheTightestControlGroupDecides) {
  FakeRoot root;
  EXPECT_EQ(root.limits().ram, 1024 * kMiB);
  EXPECT_FALSE(root.limits().cgroup.has_value());
  root.put("sys/fs/cgroup/outer/inner/memory.max", "max\n");
  root.put("sys/fs/cgroup/outer/inner/memory.current", "1048576\n");
  root.put("sys/fs/cgroup/outer/inner/memory.stat", "anon 1\nfile 0\n");
  EXPECT_FALSE(root.limits().cgroup.has_value());
  root.put("sys/fs/cgroup/outer/memory.max", std::to_string(400 * kMiB) + "\n");
  root.put("sys/fs/cgroup/outer/memory.current", std::to_string(300 * kMiB) + "\n");
  root.put("sys/fs/cgroup/outer/memory.stat", "anon 5\nfile " + std::to_string(60 * kMiB) +
                                                  "\nshmem " + std::to_string(10 * kMiB) +
                                                  "\nfile_mapped 7\n");
  EXPECT_EQ(root.limits().cgroup, 150 * kMiB);
  Status status = checkMemory(kPlan, root.limits());
  EXPECT_EQ(status.code(), StatusCode::Resources);
  EXPECT_THAT(status.message(), HasSubstr("control group"));
}

TEST(MemoryPlan, E3Row23_AddressSpaceLimitsCount) {
  Status status = checkMemory(kPlan, {.addressSpace = 4311 * kMiB});
  EXPECT_EQ(status.code(), StatusCode::Resources);
  EXPECT_THAT(status.message(), HasSubstr("address space"));
  EXPECT_TRUE(checkMemory(kPlan, {.addressSpace = 4312 * kMiB}).ok());
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                             \
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
TEST(MemoryPlan, E3Row23_RefusedAllocationsAreStatusesNotAborts) {
  pid_t child = ::fork();
  if (child == 0) {
    rlimit limit = {512 * kMiB, 512 * kMiB};
    ::setrlimit(RLIMIT_AS, &limit);
    bool limited = MemoryLimits::ofThisProcess().addressSpace.value_or(~uint64_t(0)) < 512 * kMiB;
    const KvLayout layers[] = {{.heads = 32, .headDim = 128}};
    bool refused = KvCache::create(layers, 1024).status().code() == StatusCode::Resources;
    ::_exit(limited && refused ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}
#endif

TEST(MemoryPlan, BytesReadWell) {
  EXPECT_EQ(bytesText(0), "0 B");
  EXPECT_EQ(bytesText(1023), "1023 B");
  EXPECT_EQ(bytesText(1536), "1.5 KiB");
  EXPECT_EQ(bytesText(uint64_t(5) << 40), "5.0 TiB");
}
