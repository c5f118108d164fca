// Profiles and traces of made-up runs.
#include "../plan/PlanFixture.h"

#include "tools/bench/Profile.h"
#include "tools/bench/Trace.h"

#include <gmock/gmock.h>

using namespace graphc;
using namespace graphc::test;
using testing::HasSubstr;

namespace {

using std::chrono::milliseconds;

PlanVariant variant() {
  PlanVariant result;
  result.kernels = {{"k0", "fast", "graphc.a", "0", "1e9", {}, ElementType::F32},
                    {"k1", "slow", "graphc.b", "4e9*T", "0", {}, ElementType::BF16},
                    {"k2", "unused", "graphc.c", "1", "1", {}, ElementType::F32}};
  result.schedule = {{.kernel = 0, .location = "layer 0 x", .tasks = {}, .args = {}},
                     {.kernel = 1, .location = "layer 0 y", .tasks = {}, .args = {}},
                     {.kernel = 0, .location = "layer 1 x", .tasks = {}, .args = {}}};
  return result;
}

/// Two steps of 100 + 300 + 100 ms, with 10 ms before each.
std::vector<DispatchSample> samples() {
  std::vector<DispatchSample> result;
  DispatchObserver::Time at{};
  for (int step = 0; step < 2; ++step) {
    at += milliseconds(10);
    for (size_t number = 0; number < 3; ++number) {
      auto end = at + milliseconds(number == 1 ? 300 : 100);
      result.push_back({number, at, end});
      at = end;
    }
  }
  return result;
}

const RunLog kLog{1.02, {{{.tokens = 1}}, {{.tokens = 2}}}};
const Limits kLimits{.readGbps = 20, .peakGops = {100, 40, 0}};

} // namespace

TEST(Profile, PutsTheKernelThatLosesMostFirst) {
  Expected<Profile> profile = makeProfile(variant(), kLog, samples(), kLimits);
  ASSERT_TRUE(profile.ok()) << profile.status().message();
  ASSERT_EQ(profile->kernels.size(), 2u);
  const KernelProfile &slow = profile->kernels[0], &fast = profile->kernels[1];
  EXPECT_EQ(slow.name, "slow");
  EXPECT_EQ(slow.calls, 2);
  EXPECT_NEAR(slow.seconds, 0.6, 1e-9);
  EXPECT_NEAR(slow.gops(), 12 / 0.6, 1e-9);
  EXPECT_NEAR(slow.limitSeconds, 0.3, 1e-9);
  EXPECT_NEAR(slow.limitFraction(), 0.5, 1e-9);
  EXPECT_EQ(fast.calls, 4);
  EXPECT_NEAR(fast.gbps(), 10, 1e-9);
  EXPECT_NEAR(fast.limitFraction(), 0.5, 1e-9);
  EXPECT_NEAR(fast.lostSeconds(), 0.2, 1e-9);
  EXPECT_NEAR(profile->betweenSeconds, 0.02, 1e-9);
}

TEST(Profile, RefusesPartsOfSteps) {
  std::vector<DispatchSample> cut = samples();
  cut.pop_back();
  EXPECT_EQ(makeProfile(variant(), kLog, cut, kLimits).status().code(), StatusCode::Internal);
}

TEST(Trace, HasStepsAndLayersInTheirOrder) {
  TemporaryFolder folder;
  std::string path = folder.file("trace.json");
  Expected<TraceFile> trace = TraceFile::create(path);
  ASSERT_TRUE(trace.ok()) << trace.status().message();
  trace->add("first", variant(), kLog, samples());
  trace->add("second", variant(), kLog, samples());
  ASSERT_TRUE(trace->finish().ok());

  Expected<Json> json = readJsonFile(path);
  ASSERT_TRUE(json.ok()) << json.status().message();
  const Json &events = (*json)["traceEvents"];
  ASSERT_EQ(events.size(), 2u * (1 + 2 + 6));
  EXPECT_EQ(events[0]["args"]["name"], "first");
  EXPECT_EQ(events[1]["name"], "step 0");
  EXPECT_NEAR(events[1]["dur"].get<double>(), 500e3, 1);
  EXPECT_EQ(events[3]["name"], "layer 0 y");
  EXPECT_EQ(events[3]["cat"], "graphc.b");
  EXPECT_EQ(events[3]["ph"], "X");
  EXPECT_EQ(events[3]["args"]["kernel"], "slow");
  EXPECT_NEAR(events[3]["ts"].get<double>(), 100e3, 1);
  EXPECT_NEAR(events[3]["dur"].get<double>(), 300e3, 1);
  EXPECT_EQ(events[9]["args"]["name"], "second");
  EXPECT_NE(events[9]["tid"], events[0]["tid"]);
}

TEST(Trace, SaysWhenTheFileCannotBeWritten) {
  EXPECT_EQ(TraceFile::create("/nowhere/trace.json").status().code(), StatusCode::Resources);
  Expected<TraceFile> full = TraceFile::create("/dev/full");
  ASSERT_TRUE(full.ok());
  EXPECT_THAT(full->finish().message(), HasSubstr("/dev/full"));
}
