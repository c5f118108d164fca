// Benchmarks over the plan of hand-written kernels: what is run, not how fast.
#include "exec/TestNetwork.h"

#include "tools/bench/Benchmark.h"

#include <gmock/gmock.h>

using namespace graphc;
using namespace graphc::test;
using testing::HasSubstr;
using testing::SizeIs;

namespace graphc {

/// Lets expectations compare parts of steps.
static bool operator==(const StepShape &a, const StepShape &b) {
  return a.tokens == b.tokens && a.rows == b.rows && a.columns == b.columns;
}

} // namespace graphc

namespace {

constexpr uint64_t kReadBytes = uint64_t(16) << 20;

class BenchTest : public testing::Test {
protected:
  void SetUp() override {
    std::string path = folder.file("network.gcplan");
    ASSERT_TRUE(writeNetworkPlan(path).ok());
    Expected<Plan> opened = Plan::open(path);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    plan.emplace(*std::move(opened));
  }

  TemporaryFolder folder;
  std::optional<Plan> plan;
};

/// A session and a workload for some cases.
class WorkloadTest : public BenchTest {
protected:
  void prepare(const std::vector<BenchCase> &cases) {
    auto created = Session::create(*plan, sessionOptionsFor(cases, {.threads = 2}));
    ASSERT_TRUE(created.ok()) << created.status().message();
    session = *std::move(created);
    workload.emplace(*session);
  }

  RunLog run(const BenchCase &what) {
    Status reached = workload->reach(what.batch, what.depth);
    EXPECT_TRUE(reached.ok()) << reached.message();
    Expected<RunLog> log = workload->run(what);
    EXPECT_TRUE(log.ok()) << log.status().message();
    return log.ok() ? *log : RunLog();
  }

  std::unique_ptr<Session> session;
  std::optional<Workload> workload;
};

struct Listener : BenchListener {
  void onProgress(const std::string &text) override { last = text; }
  void onResult(const BenchResult &result) override { tests.push_back(result.what.text()); }
  std::string last;
  std::vector<std::string> tests;
};

} // namespace

TEST_F(WorkloadTest, PromptsFillStepsAndWantTheirLastRow) {
  BenchCase what{.prefill = true, .tokens = 20, .depth = 5, .batch = 2, .threads = 2};
  prepare({what});
  // 16 tokens fit a step: 16, then the last 4 of the first and 12 of the second, then 8.
  EXPECT_EQ(run(what).steps,
            (std::vector<StepShapes>{{{16, 0, 21}}, {{4, 1, 25}, {12, 0, 17}}, {{8, 1, 25}}}));
  EXPECT_EQ(session->cache().length(0), 5);
  EXPECT_EQ(session->cache().length(1), 5);
}

TEST_F(WorkloadTest, GenerationTakesOneTokenOfEachSequence) {
  BenchCase what{.prefill = false, .tokens = 3, .depth = 70, .batch = 2, .threads = 2};
  prepare({what});
  EXPECT_EQ(run(what).steps,
            (std::vector<StepShapes>{
                {{1, 1, 71}, {1, 1, 71}}, {{1, 1, 72}, {1, 1, 72}}, {{1, 1, 73}, {1, 1, 73}}}));
}

TEST_F(WorkloadTest, GoesFromCaseToCase) {
  std::vector<BenchCase> cases;
  for (int64_t depth : {0, 65, 130}) {
    for (int64_t batch : {1, 3})
      cases.push_back(
          {.prefill = true, .tokens = 70, .depth = depth, .batch = batch, .threads = 2});
  }
  prepare(cases);
  for (const BenchCase &what : cases) {
    RunLog log = run(what);
    double tokens = 0;
    for (const StepShapes &step : log.steps) {
      for (const StepShape &part : step)
        tokens += part.tokens;
    }
    EXPECT_EQ(tokens, what.tokens * what.batch) << what.text();
    EXPECT_EQ(log.steps.back().back().columns, what.depth + what.tokens);
    EXPECT_GT(log.seconds, 0);
  }
}

TEST_F(BenchTest, RunsEveryCaseAndProfilesIt) {
  BenchOptions options;
  options.prefill = {9};
  options.decode = {4};
  options.depths = {0, 30};
  options.batches = {2};
  options.repetitions = 2;
  options.profile = true;
  options.readBytes = kReadBytes;
  std::string path = folder.file("trace.json");
  Expected<TraceFile> trace = TraceFile::create(path);
  ASSERT_TRUE(trace.ok());
  Listener listener;
  std::atomic<bool> cancel = false;
  auto results = runBenchmark(*plan, options, cancel, listener, &*trace);
  ASSERT_TRUE(results.ok()) << results.status().message();
  ASSERT_TRUE(trace->finish().ok());
  ASSERT_THAT(*results, SizeIs(4));
  EXPECT_THAT(listener.tests, SizeIs(4));
  for (const BenchResult &result : *results) {
    EXPECT_THAT(result.repetitions, SizeIs(2));
    EXPECT_GT(figuresOf(result).tokensPerSecond.min, 0);
    EXPECT_GT(figuresOf(result).readGbps, 0);
    ASSERT_TRUE(result.profile);
    EXPECT_THAT(result.profile->kernels, SizeIs(4));
  }
  // Of tg4 behind 30: 4 steps, S = 2 * (31 .. 34), costs as in TestNetwork.h.
  const BenchResult &last = results->back();
  double columns = 2 * (31 + 32 + 33 + 34);
  EXPECT_EQ(last.what.test(), "tg4");
  EXPECT_EQ(last.work.bytes, 4 * (80 + 80 + 220 + 128) + 40 * columns);
  EXPECT_EQ(last.work.operations[0], 4 * 110 * 2 + 15 * columns);
  Expected<Json> json = readJsonFile(path);
  ASSERT_TRUE(json.ok());
  EXPECT_GT((*json)["traceEvents"].size(), 4u * 4);
}

TEST_F(BenchTest, RefusesBeforeAnythingRuns) {
  BenchOptions options;
  Listener listener;
  std::atomic<bool> cancel = false;
  auto status = [&] { return runBenchmark(*plan, options, cancel, listener, nullptr).status(); };
  EXPECT_THAT(status().message(), HasSubstr("nothing to measure"));
  options.prefill = {8, 201};
  EXPECT_EQ(status().code(), StatusCode::Usage);
  EXPECT_THAT(status().message(), HasSubstr("context of 201"));
  EXPECT_EQ(listener.last, "");
}

TEST_F(BenchTest, EndsWhenItIsCancelled) {
  BenchOptions options;
  options.decode = {4};
  options.readBytes = kReadBytes;
  Listener listener;
  std::atomic<bool> cancel = true;
  auto results = runBenchmark(*plan, options, cancel, listener, nullptr);
  EXPECT_EQ(results.status().code(), StatusCode::Interrupted);
}
