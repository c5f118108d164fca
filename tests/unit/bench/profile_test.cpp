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

/// The events of a trace that is complete.
Json finished(TraceFile &trace, const std::string &path) {
  Status status = trace.finish();
  EXPECT_TRUE(status.ok()) << status.message();
  Expected<Json> json = readJsonFile(path);
  EXPECT_TRUE(json.ok()) << json.status().message();
  return json.ok() ? (*json)["traceEvents"] : Json::array();
}

void expectFigures(const Json &event, double bytes, double operations, double seconds,
                   double limitFraction) {
  const Json &args = event.at("args");
  EXPECT_NEAR(args.at("bytes").get<double>(), bytes, 1) << event;
  EXPECT_NEAR(args.at("operations").get<double>(), operations, 1) << event;
  EXPECT_NEAR(args.at("gbps").get<double>(), bytes / seconds / 1e9, 1e-9) << event;
  EXPECT_NEAR(args.at("gops").get<double>(), operations / seconds / 1e9, 1e-9) << event;
  EXPECT_NEAR(args.at("limit_fraction").get<double>(), limitFraction, 1e-9) << event;
}

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
  TemporaryFolder folder;
  Expected<TraceFile> trace = TraceFile::create(folder.file("trace.json"));
  ASSERT_TRUE(trace.ok()) << trace.status().message();
  EXPECT_EQ(trace->add("cut", variant(), kLog, cut, kLimits).code(), StatusCode::Internal);
}

TEST(Trace, HasStepsAndLayersInTheirOrder) {
  TemporaryFolder folder;
  std::string path = folder.file("trace.json");
  Expected<TraceFile> trace = TraceFile::create(path);
  ASSERT_TRUE(trace.ok()) << trace.status().message();
  ASSERT_TRUE(trace->add("first", variant(), kLog, samples(), kLimits).ok());
  ASSERT_TRUE(trace->add("second", variant(), kLog, samples(), kLimits).ok());
  const Json events = finished(*trace, path);
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

TEST(Trace, EventsHaveTheFiguresOfTheirOwnWork) {
  TemporaryFolder folder;
  std::string path = folder.file("trace.json");
  Expected<TraceFile> trace = TraceFile::create(path);
  ASSERT_TRUE(trace.ok()) << trace.status().message();
  ASSERT_TRUE(trace->add("run", variant(), kLog, samples(), kLimits).ok());
  const Json events = finished(*trace, path);
  ASSERT_EQ(events.size(), 9u);
  // 0.05 s of reading; 0.1 s (of one token) and 0.2 s (of two) of computing.
  expectFigures(events[2], 1e9, 0, 0.1, 0.5);
  expectFigures(events[3], 0, 4e9, 0.3, 1.0 / 3);
  expectFigures(events[7], 0, 8e9, 0.3, 2.0 / 3);
  expectFigures(events[1], 2e9, 4e9, 0.5, 0.4);
  expectFigures(events[5], 2e9, 8e9, 0.5, 0.6);
}

TEST(Trace, SaysWhenTheFileCannotBeWritten) {
  EXPECT_EQ(TraceFile::create("/nowhere/trace.json").status().code(), StatusCode::Usage);
  Expected<TraceFile> full = TraceFile::create("/dev/full");
  ASSERT_TRUE(full.ok());
  EXPECT_THAT(full->finish().message(), HasSubstr("/dev/full"));
}
