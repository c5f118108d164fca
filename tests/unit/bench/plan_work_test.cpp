// The work of steps, and the time it takes at a machine's limits.
#include "tools/bench/LimitMeter.h"
#include "tools/bench/PlanWork.h"

#include <gmock/gmock.h>

using namespace graphc;
using testing::ElementsAre;

namespace {

/// Two layers of a matmul and an attention, and a head.
PlanVariant variant() {
  PlanVariant result;
  result.kernels = {{"k0", "mm", "graphc.fused_linear", "100*T", "1000 + 4*T", {}, ElementType::I8},
                    {"k1", "fa", "graphc.flash_attention", "8*T*S", "16*S", {}, ElementType::BF16},
                    {"k2", "head", "graphc.linear", "50*R", "500", {}, ElementType::F32}};
  for (uint32_t kernel : {0, 1, 0, 1, 2})
    result.schedule.push_back({.kernel = kernel, .location = "", .tasks = {}, .args = {}});
  return result;
}

} // namespace

TEST(PlanWork, AddsUpTheSchedule) {
  const StepShapes step = {{.tokens = 2, .rows = 1, .columns = 10},
                           {.tokens = 1, .rows = 0, .columns = 4}};
  Expected<Work> work = stepWork(variant(), step);
  ASSERT_TRUE(work.ok()) << work.status().message();
  EXPECT_EQ(work->bytes, 2 * (1000 + 4 * 3) + 2 * 16 * 14 + 500);
  EXPECT_THAT(work->operations, ElementsAre(50, 2 * 8 * (2 * 10 + 1 * 4), 2 * 100 * 3));
  EXPECT_EQ(work->allOperations(), 50 + 384 + 600);
  EXPECT_EQ(work->mainType(), peakIndex(ElementType::I8));

  Expected<Work> both = totalWork(variant(), std::vector<StepShapes>{step, step});
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(both->bytes, 2 * work->bytes);
  EXPECT_EQ(both->allOperations(), 2 * work->allOperations());
}

TEST(PlanWork, RefusesDamagedCosts) {
  PlanVariant damaged = variant();
  damaged.kernels[1].bytes = "16*S +";
  EXPECT_EQ(stepWork(damaged, StepShapes(1)).status().code(), StatusCode::BadInput);
}

TEST(PlanWork, TakesItsTimeAtTheLimits) {
  Work work{.bytes = 20e9, .operations = {100e9, 0, 600e9}};
  Limits limits{.readGbps = 10, .peakGops = {100, 200, 300}};
  EXPECT_DOUBLE_EQ(readSeconds(work, limits), 2);
  EXPECT_DOUBLE_EQ(computeSeconds(work, limits), 3);
  EXPECT_DOUBLE_EQ(limitSeconds(work, limits), 3);
  limits.readGbps = 5;
  EXPECT_DOUBLE_EQ(limitSeconds(work, limits), 4);
  EXPECT_EQ(limitSeconds(work, Limits()), 0) << "unknown limits limit nothing";
}

TEST(LimitMeter, TakesTheBetterOfTwo) {
  Limits better =
      betterOf({.readGbps = 10, .peakGops = {1, 5, 3}}, {.readGbps = 9, .peakGops = {2, 4, 3}});
  EXPECT_EQ(better.readGbps, 10);
  EXPECT_THAT(better.peakGops, ElementsAre(2, 5, 3));
}
