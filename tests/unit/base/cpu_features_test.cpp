// CPU features: what the machine has, what a mask takes away, what the levels contain.
#include "runtime/base/CpuFeatures.h"

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>

using namespace graphc;

namespace {

CpuFeatures hostWithMask(const char *mask) {
  ::setenv("GRAPHC_CPU_MASK", mask, 1);
  CpuFeatures result = CpuFeatures::host();
  ::unsetenv("GRAPHC_CPU_MASK");
  return result;
}

} // namespace

TEST(CpuFeatures, AgreesWithTheCompilersOwnDetection) {
#if defined(__x86_64__)
  CpuFeatures host = CpuFeatures::host();
  EXPECT_EQ(host.has("avx2"), __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(host.has("fma"), __builtin_cpu_supports("fma") != 0);
  EXPECT_EQ(host.has("bmi2"), __builtin_cpu_supports("bmi2") != 0);
  EXPECT_EQ(host.has("popcnt"), __builtin_cpu_supports("popcnt") != 0);
  EXPECT_EQ(host.has("avx512f"), __builtin_cpu_supports("avx512f") != 0);
  EXPECT_EQ(host.has("avx512bw"), __builtin_cpu_supports("avx512bw") != 0);
  EXPECT_EQ(host.has("avx512vnni"), __builtin_cpu_supports("avx512vnni") != 0);
  EXPECT_EQ(host.has("avx512bf16"), __builtin_cpu_supports("avx512bf16") != 0);
#endif
}

TEST(CpuFeatures, AMaskTakesWhatBuildsOnAFeatureWithIt) {
  CpuFeatures masked = hostWithMask("avx512f,bmi2");
  EXPECT_FALSE(masked.has("bmi2"));
  for (const std::string &name : masked.names())
    EXPECT_FALSE(name.starts_with("avx512") || name.starts_with("amx")) << name;
  EXPECT_EQ(masked.has("fma"), CpuFeatures::host().has("fma"));
  EXPECT_TRUE(hostWithMask("all").names().empty());
  EXPECT_FALSE(hostWithMask("avx").has("avx2"));
}

TEST(CpuFeatures, BestLevelFollowsTheFeatures) {
  EXPECT_EQ(hostWithMask("all").bestLevel(), nullptr);
  for (const CpuLevel &level : cpuLevels()) {
    CpuFeatures exact(std::vector<std::string>(level.features.begin(), level.features.end()));
    EXPECT_EQ(exact.bestLevel(), &level);
    EXPECT_EQ(findCpuLevel(level.name), &level);
  }
  EXPECT_EQ(findCpuLevel("x86-64-v9"), nullptr);
}

TEST(CpuFeatures, EachLevelContainsTheOneBefore) {
  const CpuLevel *before = nullptr;
  for (const CpuLevel &level : cpuLevels()) {
    for (std::string_view name : before ? before->features : std::span<const std::string_view>())
      EXPECT_NE(std::find(level.features.begin(), level.features.end(), name), level.features.end())
          << name;
    before = &level;
  }
}

TEST(CpuFeatures, MissingKeepsTheOrderOfTheQuestion) {
  CpuFeatures some({"fma", "avx2"});
  std::vector<std::string> wanted = {"zeta", "avx2", "alpha"};
  EXPECT_EQ(some.missing(wanted), (std::vector<std::string>{"zeta", "alpha"}));
}

TEST(CpuFeatures, StatusSaysWhatStandsInTheWay) {
  std::vector<std::string> usable;
  for (const CpuFeatureStatus &status : cpuFeatureStatus()) {
    EXPECT_FALSE(status.masked) << status.name;
    EXPECT_TRUE(!status.usable || (status.inCpu && status.inSystem)) << status.name;
    if (status.usable)
      usable.emplace_back(status.name);
  }
  std::sort(usable.begin(), usable.end());
  EXPECT_EQ(usable, CpuFeatures::host().names());

  ::setenv("GRAPHC_CPU_MASK", "avx512f", 1);
  for (const CpuFeatureStatus &status : cpuFeatureStatus()) {
    EXPECT_EQ(status.masked, status.name == "avx512f");
    EXPECT_FALSE(status.usable && status.name.starts_with("avx512")) << status.name;
  }
  ::unsetenv("GRAPHC_CPU_MASK");
}
