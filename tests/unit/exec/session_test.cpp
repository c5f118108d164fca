// Sessions over a plan of hand-written kernels: results, batches, chunks, refusals.
#include "FakeRoot.h"
#include "TestNetwork.h"

#include "runtime/exec/Session.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <list>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace graphc;
using namespace graphc::test;
using testing::HasSubstr;

namespace {

class SessionTest : public testing::TestWithParam<bool> {
protected:
  void SetUp() override { open({.columns = GetParam()}); }

  void open(const NetworkOptions &options) {
    std::string path = folder.file("network.gcplan");
    Status written = writeNetworkPlan(path, options);
    ASSERT_TRUE(written.ok()) << written.message();
    Expected<Plan> opened = Plan::open(path, {.verifyWeights = true});
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    plan.emplace(*std::move(opened));
  }

  std::unique_ptr<Session> makeSession(SessionOptions options = {}) {
    options.cachePages = std::max<int64_t>(options.cachePages, 16);
    Expected<std::unique_ptr<Session>> session = Session::create(*plan, options);
    EXPECT_TRUE(session.ok()) << session.status().message();
    return *std::move(session);
  }

  /// Results of all tokens of one sequence, fed in chunks.
  std::vector<float> feed(Session &session, std::span<const int32_t> tokens, int64_t chunk) {
    KvCache::SequenceId id = session.cache().createSequence();
    std::vector<float> rows;
    for (size_t at = 0; at < tokens.size(); at += static_cast<size_t>(chunk)) {
      size_t count = std::min(static_cast<size_t>(chunk), tokens.size() - at);
      StepSequence part{id, tokens.subspan(at, count), WantedRows::All};
      auto result = session.step({&part, 1});
      EXPECT_TRUE(result.ok()) << result.status().message();
      rows.insert(rows.end(), result->begin(), result->end());
    }
    session.cache().free(id);
    return rows;
  }

  TemporaryFolder folder;
  std::optional<Plan> plan;
};

std::vector<float> row(const std::vector<float> &rows, size_t index) {
  auto begin = rows.begin() + static_cast<std::ptrdiff_t>(index * kVocabulary);
  return {begin, begin + kVocabulary};
}

void expectNear(const std::vector<float> &got, const std::vector<float> &want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i)
    EXPECT_NEAR(got[i], want[i], 1e-5 * (1 + std::abs(want[i]))) << i;
}

} // namespace

/// Runs a step of `count` tokens with attention that tells of its shares: how many they were, and
/// the sum of their numbers.
std::pair<int64_t, int64_t> sharesOfStep(Session &session, KvCache::SequenceId id, int64_t count) {
  std::vector<int32_t> tokens(static_cast<size_t>(count), 1);
  StepSequence part{id, tokens};
  auto logits = session.step({&part, 1});
  EXPECT_TRUE(logits.ok()) << logits.status().message();
  int64_t told = logits.ok() ? std::llround((*logits)[0] / networkHead()[0]) : 0;
  return {told / 1000, told % 1000};
}

TEST(SessionShares, LongContextsAreCutForSeveralThreads) {
  TemporaryFolder folder;
  std::string path = folder.file("network.gcplan");
  ASSERT_TRUE(writeNetworkPlan(path, {.shares = true, .context = 3000}).ok());
  Expected<Plan> plan = Plan::open(path, {});
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  struct {
    int threads;
    int64_t before, shares;
  } const kCases[] = {{1, 2500, 1}, {2, 510, 1}, {2, 512, 2}, {2, 2500, 5}, {3, 2900, 6}};
  for (auto [threads, before, shares] : kCases) {
    auto session = Session::create(*plan, {.threads = threads, .cachePages = 50});
    ASSERT_TRUE(session.ok()) << session.status().message();
    KvCache::SequenceId id = (*session)->cache().createSequence();
    for (int64_t at = 0; at < before; at += kMaxTokens)
      ASSERT_EQ(sharesOfStep(**session, id, std::min(kMaxTokens, before - at)).first, 1)
          << "a prompt's step";
    for (int step = 0; step < 2; ++step)
      EXPECT_EQ(sharesOfStep(**session, id, 1), std::pair(shares, shares * (shares - 1) / 2))
          << threads << " threads, " << before << " tokens before, step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Attention, SessionTest, testing::Values(false, true),
                         [](const auto &info) { return info.param ? "columns" : "paged"; });

TEST_P(SessionTest, ComputesTheNetwork) {
  std::unique_ptr<Session> session = makeSession({.threads = 2, .resultRows = kMaxTokens});
  std::vector<int32_t> tokens = promptOf(150, 1);
  std::vector<float> rows = feed(*session, tokens, kMaxTokens);
  for (size_t t : {0u, 1u, 63u, 64u, 149u})
    expectNear(row(rows, t), expectedLogits(std::span(tokens).first(t + 1)));
}

TEST_P(SessionTest, ThreadsAndChunksDoNotChangeABit) {
  std::vector<int32_t> tokens = promptOf(130, 2);
  std::unique_ptr<Session> first = makeSession({.threads = 1, .resultRows = kMaxTokens});
  std::vector<float> want = feed(*first, tokens, 1);
  for (int threads : {1, 2, 5}) {
    std::unique_ptr<Session> session = makeSession({.threads = threads, .resultRows = kMaxTokens});
    for (int64_t chunk : {1, 7, 16})
      EXPECT_EQ(feed(*session, tokens, chunk), want) << threads << " threads, chunk " << chunk;
  }
}

TEST_P(SessionTest, SequencesInAStepDoNotSeeEachOther) {
  std::unique_ptr<Session> session =
      makeSession({.threads = 2, .maxSequences = 3, .resultRows = kMaxTokens});
  std::vector<std::vector<int32_t>> prompts = {promptOf(9, 3), promptOf(2, 4), promptOf(5, 5)};
  std::vector<StepSequence> batch;
  for (const auto &prompt : prompts)
    batch.push_back({session->cache().createSequence(), prompt, WantedRows::Last});
  for (int round = 0; round < 8; ++round) {
    auto result = session->step(batch);
    ASSERT_TRUE(result.ok()) << result.status().message();
    std::vector<float> rows(result->begin(), result->end());
    ASSERT_EQ(rows.size(), 3u * kVocabulary);
    for (size_t i = 0; i < 3; ++i)
      expectNear(row(rows, i), expectedLogits(prompts[i]));
    for (size_t i = 0; i < 3; ++i) {
      prompts[i].push_back(static_cast<int32_t>((round + static_cast<int>(i)) % kVocabulary));
      batch[i].tokens = std::span<const int32_t>(prompts[i]).last(1);
    }
  }
}

TEST_P(SessionTest, OnlyWantedRowsAreComputed) {
  std::unique_ptr<Session> session = makeSession({.maxSequences = 3, .resultRows = 4});
  std::vector<int32_t> a = promptOf(3, 6), b = promptOf(4, 7), c = promptOf(2, 8);
  KvCache &cache = session->cache();
  StepSequence batch[] = {{cache.createSequence(), a, WantedRows::All},
                          {cache.createSequence(), b, WantedRows::None},
                          {cache.createSequence(), c, WantedRows::Last}};
  auto result = session->step(batch);
  ASSERT_TRUE(result.ok()) << result.status().message();
  std::vector<float> rows(result->begin(), result->end());
  ASSERT_EQ(rows.size(), 4u * kVocabulary);
  expectNear(row(rows, 0), expectedLogits(std::span(a).first(1)));
  expectNear(row(rows, 2), expectedLogits(a));
  expectNear(row(rows, 3), expectedLogits(c));
}

TEST_P(SessionTest, ForkedAndTruncatedSequencesGoOnCorrectly) {
  std::unique_ptr<Session> session = makeSession({.resultRows = kMaxTokens});
  KvCache &cache = session->cache();
  std::vector<int32_t> tokens = promptOf(16, 9);
  KvCache::SequenceId a = cache.createSequence();
  StepSequence part{a, tokens, WantedRows::None};
  ASSERT_TRUE(session->step({&part, 1}).ok());
  KvCache::SequenceId b = cache.fork(a);
  cache.truncate(b, 10);
  std::vector<int32_t> other(tokens.begin(), tokens.begin() + 10);
  other.push_back(3);
  StepSequence next{b, std::span<const int32_t>(other).last(1), WantedRows::Last};
  auto result = session->step({&next, 1});
  ASSERT_TRUE(result.ok());
  expectNear({result->begin(), result->end()}, expectedLogits(other));
  tokens.push_back(5);
  next = {a, std::span<const int32_t>(tokens).last(1), WantedRows::Last};
  result = session->step({&next, 1});
  ASSERT_TRUE(result.ok());
  expectNear({result->begin(), result->end()}, expectedLogits(tokens));
}

TEST_P(SessionTest, ImpossibleStepsChangeNothing) {
  std::unique_ptr<Session> session = makeSession({.maxSequences = 2, .resultRows = 2});
  KvCache &cache = session->cache();
  KvCache::SequenceId id = cache.createSequence();
  auto refused = [&](std::vector<int32_t> tokens, WantedRows rows, const char *message) {
    StepSequence part{id, tokens, rows};
    auto result = session->step({&part, 1});
    EXPECT_EQ(result.status().code(), StatusCode::Usage);
    EXPECT_THAT(result.status().message(), HasSubstr(message));
    EXPECT_EQ(cache.length(id), 0);
  };
  refused({1, 11}, WantedRows::Last, "token 11: the model has tokens 0 to 10");
  refused({-1}, WantedRows::Last, "token -1");
  refused({}, WantedRows::Last, "without tokens");
  refused(promptOf(kMaxTokens + 1, 1), WantedRows::Last, "17 tokens");
  refused(promptOf(3, 1), WantedRows::All, "3 wanted");
  refused(promptOf(kContext + 1, 1), WantedRows::None, "context of 200");
  EXPECT_EQ(session->step({}).status().code(), StatusCode::Usage);
  const std::vector<int32_t> one = {1};
  const StepSequence twice[] = {{id, one, WantedRows::None}, {id, one, WantedRows::Last}};
  EXPECT_THAT(session->step(twice).status().message(), HasSubstr("twice"));
  EXPECT_EQ(cache.length(id), 0);
}

TEST_P(SessionTest, AFullCacheIsAResourceErrorAndChangesNothing) {
  SessionOptions options{.maxSequences = 2, .resultRows = 2};
  options.cachePages = 1;
  auto session = Session::create(*plan, options);
  ASSERT_TRUE(session.ok());
  KvCache &cache = (*session)->cache();
  std::vector<int32_t> tokens = promptOf(3, 1);
  StepSequence batch[] = {{cache.createSequence(), tokens, WantedRows::Last},
                          {cache.createSequence(), tokens, WantedRows::Last}};
  EXPECT_EQ((*session)->step(batch).status().code(), StatusCode::Resources);
  EXPECT_EQ(cache.length(batch[0].sequence), 0);
  EXPECT_EQ(cache.freePages(), 1);
}

TEST_P(SessionTest, E3Row23_TheUnusedRestOfAContextIsNotAskedFor) {
  FakeRoot root; // 1 GiB; a page of the network's cache takes 8 KiB
  SessionOptions options{.cachePages = 1 << 20, .systemRoot = root.path()};
  EXPECT_EQ(Session::create(*plan, options).status().code(), StatusCode::Resources);
  options.neededPages = 1;
  auto session = Session::create(*plan, options);
  ASSERT_TRUE(session.ok()) << session.status().message();
  root.putAvailable(4);
  std::vector<int32_t> tokens = promptOf(65, 1);
  KvCache &cache = (*session)->cache();
  KvCache::SequenceId id = cache.createSequence();
  for (size_t at = 0; at < 64; at += 16) { // the needed page: promised from the start
    StepSequence part{id, std::span<const int32_t>(tokens).subspan(at, 16), WantedRows::None};
    ASSERT_TRUE((*session)->step({&part, 1}).ok());
  }
  StepSequence last{id, std::span<const int32_t>(tokens).last(1), WantedRows::Last};
  for (int attempt = 0; attempt < 2; ++attempt) {
    Status full = (*session)->step({&last, 1}).status();
    EXPECT_EQ(full.code(), StatusCode::Resources);
    EXPECT_THAT(full.message(), HasSubstr("KV cache needs 8.0 KiB more, 4.0 KiB of RAM"));
    EXPECT_EQ(cache.length(id), 64);
  }
  root.putAvailable(8);
  auto result = (*session)->step({&last, 1});
  ASSERT_TRUE(result.ok()) << result.status().message();
  expectNear({result->begin(), result->end()}, expectedLogits(tokens));
}

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
TEST_P(SessionTest, E3Row23_TheCacheGrowsAsFarAsTheAddressSpaceGoes) {
  pid_t child = ::fork();
  if (child == 0) {
    rlimit limit = {uint64_t(1) << 30, uint64_t(1) << 30};
    ::setrlimit(RLIMIT_AS, &limit);
    SessionOptions options{.cachePages = 1 << 20};
    bool refused = Session::create(*plan, options).status().code() == StatusCode::Resources;
    options.neededPages = 1;
    auto session = Session::create(*plan, options);
    int64_t pages = session.ok() ? (*session)->cache().freePages() : 0;
    ::_exit(refused && pages > 1 << 10 && pages < 1 << 17 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}
#endif

TEST_P(SessionTest, CancelledStepsChangeNothing) {
  std::atomic<bool> cancel = true;
  std::unique_ptr<Session> session = makeSession({.cancel = &cancel});
  KvCache::SequenceId id = session->cache().createSequence();
  std::vector<int32_t> tokens = promptOf(3, 1);
  StepSequence part{id, tokens, WantedRows::Last};
  EXPECT_EQ(session->step({&part, 1}).status().code(), StatusCode::Interrupted);
  EXPECT_EQ(session->cache().length(id), 0);
  cancel = false;
  auto result = session->step({&part, 1});
  ASSERT_TRUE(result.ok());
  expectNear({result->begin(), result->end()}, expectedLogits(tokens));
}

TEST_P(SessionTest, AnObserverHearsOfEveryDispatchInOrder) {
  struct Recorder : DispatchObserver {
    void onDispatch(size_t number, Time begin, Time end) override {
      numbers.push_back(number);
      EXPECT_LE(last, begin);
      EXPECT_LE(begin, end);
      last = end;
    }
    std::vector<size_t> numbers;
    Time last;
  } recorder;
  std::unique_ptr<Session> session = makeSession({.threads = 2, .resultRows = kMaxTokens});
  session->observe(&recorder);
  std::vector<int32_t> tokens = promptOf(3, 1);
  std::vector<float> rows = feed(*session, tokens, 2);
  EXPECT_EQ(recorder.numbers, (std::vector<size_t>{0, 1, 2, 3, 0, 1, 2, 3}));
  expectNear(row(rows, 2), expectedLogits(tokens));
  session->observe(nullptr);
  feed(*session, tokens, 2);
  EXPECT_EQ(recorder.numbers.size(), 8u);
}

TEST_P(SessionTest, CallsRunTogetherUnlessSomebodyWatches) {
  struct Counter : DispatchObserver {
    void onDispatch(size_t, Time, Time) override { ++count; }
    int count = 0;
  } counter;
  std::vector<int32_t> tokens = promptOf(40, 3);
  std::vector<float> want =
      feed(*makeSession({.threads = 2, .resultRows = kMaxTokens}), tokens, kMaxTokens);
  open({.columns = GetParam(), .twice = true});
  for (int threads : {1, 2, 5}) {
    std::unique_ptr<Session> session = makeSession({.threads = threads, .resultRows = kMaxTokens});
    EXPECT_EQ(feed(*session, tokens, kMaxTokens), want) << threads << " threads";
    session->observe(&counter);
    counter.count = 0;
    EXPECT_EQ(feed(*session, tokens, kMaxTokens), want) << threads << " threads, observed";
    EXPECT_EQ(counter.count, 3 * 5);
  }
}

TEST_P(SessionTest, MissingKernelsAndBrokenCodeAreBadInput) {
  open({.headKernel = "no_such_kernel"});
  Expected<std::unique_ptr<Session>> session = Session::create(*plan, {});
  EXPECT_EQ(session.status().code(), StatusCode::BadInput);
  EXPECT_THAT(session.status().message(), HasSubstr("no_such_kernel"));
  std::string path = folder.file("tiny.gcplan");
  ASSERT_TRUE(writeTinyPlan(path).ok());
  Expected<Plan> tiny = Plan::open(path);
  ASSERT_TRUE(tiny.ok());
  EXPECT_EQ(Session::create(*tiny, {}).status().code(), StatusCode::BadInput);
}

TEST_P(SessionTest, SeveralSessionsDoNotMixUpTheirCode) {
  // The linker knows objects by path: with a closed and reused file number it would take the code
  // of the first plan, whose symbols are the same, for that of the second.
  std::vector<int32_t> tokens = promptOf(4, 1);
  std::list<Plan> plans; // outlive their sessions
  std::vector<std::unique_ptr<Session>> alive;
  for (bool broken : {false, true, true, false, true}) {
    open({.columns = GetParam(), .kernels = broken ? GRAPHC_BROKEN_KERNELS : GRAPHC_TEST_KERNELS});
    plans.push_back(*std::move(plan));
    Expected<std::unique_ptr<Session>> session = Session::create(plans.back(), {});
    ASSERT_TRUE(session.ok()) << session.status().message();
    StepSequence part{(*session)->cache().createSequence(), tokens, WantedRows::Last};
    auto result = (*session)->step({&part, 1});
    ASSERT_TRUE(result.ok()) << result.status().message();
    EXPECT_EQ(std::isnan((*result)[0]), broken);
    alive.push_back(*std::move(session));
  }
}
