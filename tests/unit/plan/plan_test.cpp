// Round trip of plan files, and what is refused.
#include "PlanFixture.h"

#include "runtime/plan/PlanCost.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

using namespace graphc;
using namespace graphc::test;
using testing::HasSubstr;

TEST(Plan, RoundTripKeepsEveryField) {
  TemporaryFolder folder;
  std::string path = folder.file("tiny.gcplan");
  ASSERT_TRUE(writeTinyPlan(path).ok());
  Expected<Plan> plan = Plan::open(path, {.verifyWeights = true});
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  Json got = plan->header().toJson();
  PlanHeader want = tinyHeader();
  want.compilerId = plan->header().compilerId;
  want.sections = plan->header().sections;
  EXPECT_EQ(got, want.toJson());
  EXPECT_EQ(want.sections.size(), 4u);
}

TEST(Plan, SectionsHoldWhatWasWritten) {
  TemporaryFolder folder;
  std::string path = folder.file("tiny.gcplan");
  ASSERT_TRUE(writeTinyPlan(path).ok());
  Expected<Plan> plan = Plan::open(path);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(plan->textSection("code.0"), "not really code");
  EXPECT_EQ(plan->textSection(section::kTokenizer), "tokens");
  EXPECT_EQ(plan->section(section::kWeights).size(), kTinyWeightsBytes);
  const auto *values = reinterpret_cast<const float *>(plan->weight(plan->header().weights[1]));
  EXPECT_EQ(values[0], 1.5f);
  EXPECT_EQ(values[63], 1.5f);
  EXPECT_EQ(values[64], 0.0f);
  EXPECT_TRUE(plan->section("none").empty());
  EXPECT_EQ(plan->variant(), &plan->header().variants[0]);
  for (const PlanSection &section : plan->header().sections)
    EXPECT_EQ(section.offset % kPlanSectionAlignment, 0u) << section.name;
}

TEST(Plan, FileGetsThePermissionsOfANewFile) {
  TemporaryFolder folder;
  mode_t before = ::umask(027);
  ASSERT_TRUE(writeTinyPlan(folder.file("a.gcplan")).ok());
  ::umask(before);
  struct stat info = {};
  ASSERT_EQ(::stat(folder.file("a.gcplan").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST(PlanCost, EvaluatesSumsOfProducts) {
  StepShape shape{.tokens = 3, .rows = 2, .columns = 10};
  EXPECT_EQ(*evaluateCost("8*T + 2*T*S+ 4096", shape), 24 + 60 + 4096);
  EXPECT_EQ(*evaluateCost("R", shape), 2);
  EXPECT_EQ(*evaluateCost("", shape), 0);
  EXPECT_EQ(*evaluateCost("1.5e3 * R", shape), 3000);
  EXPECT_EQ(*evaluateCost("1.5e+10*T + -0.5*T*T", shape), 4.5e10 - 4.5);
  for (const char *bad : {"T +", "2 T", "x", "*", "T**S", "+", "T)", "T -1"})
    EXPECT_FALSE(evaluateCost(bad, shape).ok()) << bad;
}
