// Round trip of plan files, and what is refused.
#include "PlanFixture.h"

#include "runtime/plan/PlanCost.h"
#include "runtime/plan/PlanSources.h"

#include <chrono>
#include <gmock/gmock.h>
#include <iomanip>
#include <sstream>
#include <sys/stat.h>

using namespace graphc;
using namespace graphc::test;
using testing::HasSubstr;
using testing::Not;

static std::string hexHash(std::string_view text) {
  std::ostringstream out;
  out << std::hex << std::setw(16) << std::setfill('0')
      << hashBytes(std::as_bytes(std::span(text)));
  return out.str();
}

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

TEST(PlanSources, E3Row21_ChangedFilesAreListedWithBothHashes) {
  TemporaryFolder folder, other;
  auto sourceOf = [&](const char *name, const std::string &digest) {
    struct stat info = {};
    EXPECT_EQ(::stat(folder.file(name).c_str(), &info), 0);
    return PlanSource{name, static_cast<uint64_t>(info.st_size),
                      int64_t(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec, digest};
  };
  auto touch = [&](const char *name) {
    fs::last_write_time(folder.file(name),
                        fs::file_time_type::clock::now() - std::chrono::hours(1));
  };
  const std::string weights = std::string("\4\0\0\0\0\0\0\0", 8) + "{}  data";
  writeFile(folder.file("config.json"), "{}");
  writeFile(folder.file("model.safetensors"), weights);
  PlanModel model;
  // xxh3 of "{}", and of the first 12 bytes of the weights.
  model.sources = {sourceOf("config.json", "xxh3:" + hexHash("{}")),
                   sourceOf("model.safetensors", "xxh3-header:" + hexHash(weights.substr(0, 12)))};
  auto check = [&] {
    const std::string folders[] = {other.path.string(), folder.path.string()};
    return checkSources(model, folders);
  };
  EXPECT_TRUE(check().ok()) << check().message();
  touch("config.json"); // the hash is the same
  EXPECT_TRUE(check().ok()) << check().message();
  writeFile(folder.file("config.json"), "[]");
  EXPECT_EQ(check().code(), StatusCode::PlanMismatch);
  for (const std::string &part :
       {"xxh3:" + hexHash("{}"), "xxh3:" + hexHash("[]"), std::string("compile the model again")})
    EXPECT_THAT(check().message(), HasSubstr(part));
  EXPECT_THAT(check().message(), Not(HasSubstr("model.safetensors")));
  writeFile(folder.file("config.json"), "{}");
  touch("model.safetensors"); // the hash of the header is, but what is behind it?
  EXPECT_EQ(check().code(), StatusCode::PlanMismatch);
  EXPECT_THAT(check().message(), HasSubstr("written at another time"));
  fs::remove(folder.file("model.safetensors"));
  EXPECT_THAT(check().message(), HasSubstr("is not there"));
  model.sources.clear(); // nothing to compare is no proof that nothing changed
  EXPECT_EQ(check().code(), StatusCode::Usage);
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

TEST(PlanCost, OfABatchPaysWeightsOnceAndPairsPerSequence) {
  const std::vector<StepShape> batch = {{.tokens = 1, .rows = 1, .columns = 10},
                                        {.tokens = 3, .rows = 0, .columns = 5}};
  EXPECT_EQ(*evaluateCost("100", batch), 100);
  EXPECT_EQ(*evaluateCost("7*T + R + 2*S", batch), 28 + 1 + 30);
  EXPECT_EQ(*evaluateCost("T*S", batch), 10 + 15);
  EXPECT_EQ(*evaluateCost("-0.5*T*T", batch), -5);
  EXPECT_EQ(*evaluateCost("3*T*S", std::vector<StepShape>()), 0);
  EXPECT_EQ(*evaluateCost("100 + T", std::vector<StepShape>()), 100);
}
