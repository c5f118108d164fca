// Generation: stop reasons, batches, chunks, rows, limits.
#include "FakeRoot.h"
#include "TestNetwork.h"

#include "runtime/exec/Generator.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <limits>
#include <map>

using namespace graphc;
using namespace graphc::test;
using testing::HasSubstr;

namespace {

using Prompts = std::vector<std::vector<int32_t>>;

struct Recorder : GenerationListener {
  Status onToken(size_t sequence, int32_t token) override {
    tokens[sequence].push_back(token);
    return tokens[sequence].size() == failAt ? resourceError("the listener failed") : Status();
  }
  bool isStopped(size_t sequence) const override { return tokens.at(sequence).size() == stopAt; }
  Status onLogprobs(size_t sequence, const Logprobs &values) override {
    EXPECT_EQ(logprobs[sequence].size(), tokens[sequence].size()) << "not before its token";
    logprobs[sequence].push_back(values);
    return {};
  }
  Status onRows(size_t sequence, int64_t first, std::span<const float> values) override {
    EXPECT_EQ(first * kVocabulary, std::ssize(rows[sequence]));
    rows[sequence].insert(rows[sequence].end(), values.begin(), values.end());
    return {};
  }
  Status onEnd(size_t sequence, StopReason reason) override {
    EXPECT_TRUE(ends.emplace(sequence, reason).second);
    return {};
  }

  std::map<size_t, std::vector<int32_t>> tokens;
  std::map<size_t, std::vector<float>> rows;
  std::map<size_t, StopReason> ends;
  std::map<size_t, std::vector<Logprobs>> logprobs;
  size_t failAt = 0, stopAt = 0;
};

GenerationOptions greedy(int64_t count) {
  GenerationOptions options;
  options.maxNewTokens = count;
  options.sampling.temperature = 0;
  return options;
}

std::vector<int32_t> greedyReference(std::vector<int32_t> tokens, int64_t count) {
  std::vector<int32_t> result;
  for (int64_t i = 0; i < count; ++i) {
    std::vector<float> logits = expectedLogits(tokens);
    result.push_back(
        static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
    tokens.push_back(result.back());
  }
  return result;
}

class GeneratorTest : public testing::Test {
protected:
  void SetUp() override { open({}); }

  void open(const NetworkOptions &options) {
    std::string path = folder.file("network.gcplan");
    ASSERT_TRUE(writeNetworkPlan(path, options).ok());
    Expected<Plan> opened = Plan::open(path);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    plan.emplace(*std::move(opened));
  }

  Expected<Generation> run(const GenerationOptions &options, const Prompts &prompts,
                           int threads = 1) {
    recorder = {};
    return run(options, prompts, {.threads = threads, .cancel = &cancel});
  }

  Expected<Generation> run(const GenerationOptions &options, const Prompts &prompts,
                           const SessionOptions &base) {
    GRAPHC_ASSIGN_OR_RETURN(SessionOptions sized, sessionOptionsFor(*plan, options, prompts, base));
    GRAPHC_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::create(*plan, sized));
    Expected<Generation> result = generate(*session, options, prompts, recorder);
    EXPECT_EQ(session->cache().freePages(), sized.cachePages) << "pages were not given back";
    return result;
  }

  TemporaryFolder folder;
  std::optional<Plan> plan;
  Recorder recorder;
  std::atomic<bool> cancel = false;
};

} // namespace

TEST_F(GeneratorTest, GreedyTokensAreTheNetworks) {
  std::vector<int32_t> prompt = promptOf(20, 1);
  Expected<Generation> result = run(greedy(12), {prompt});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->sequences[0].tokens, greedyReference(prompt, 12));
  EXPECT_EQ(result->sequences[0].stop, StopReason::Length);
  EXPECT_EQ(recorder.tokens[0], result->sequences[0].tokens);
  EXPECT_EQ(recorder.ends[0], StopReason::Length);
  EXPECT_EQ(result->timings.promptTokens, 20);
  EXPECT_EQ(result->timings.decodeTokens, 11); // the last token is not fed
}

TEST_F(GeneratorTest, TimeOfSamplingIsAPartOfTheSteps) {
  Expected<Generation> result = run(greedy(12), {promptOf(20, 1), promptOf(5, 2)});
  ASSERT_TRUE(result.ok()) << result.status().message();
  const GenerationTimings &timings = result->timings;
  EXPECT_GT(timings.samplingSeconds, 0);
  EXPECT_LT(timings.samplingSeconds, timings.prefillSeconds + timings.decodeSeconds);
  Expected<Generation> none = run(greedy(0), {promptOf(20, 1)});
  ASSERT_TRUE(none.ok()) << none.status().message();
  EXPECT_EQ(none->timings.samplingSeconds, 0) << "nothing was sampled";
}

TEST_F(GeneratorTest, BatchesChunksAndThreadsChangeNothing) {
  for (bool columns : {false, true}) {
    open({.columns = columns});
    Prompts prompts = {promptOf(33, 1), promptOf(1, 2), promptOf(90, 3), promptOf(16, 4)};
    GenerationOptions options = greedy(20);
    options.allRows = true;
    std::map<size_t, std::vector<float>> want;
    for (size_t i = 0; i < prompts.size(); ++i) {
      ASSERT_TRUE(run(options, {prompts[i]}).ok());
      want[i] = recorder.rows[0];
      EXPECT_EQ(want[i].size(), (prompts[i].size() + 19) * kVocabulary);
    }
    for (int64_t chunk : {1, 2, 7, 16}) {
      options.chunk = chunk;
      Expected<Generation> result = run(options, prompts, 2);
      ASSERT_TRUE(result.ok()) << result.status().message();
      EXPECT_EQ(recorder.rows, want) << "chunk " << chunk << (columns ? ", columns" : "");
      for (size_t i = 0; i < prompts.size(); ++i)
        EXPECT_EQ(result->sequences[i].tokens, greedyReference(prompts[i], 20));
    }
  }
}

TEST_F(GeneratorTest, MoreSequencesThanAStepHasRoomForTakeTurns) {
  Prompts prompts;
  for (int64_t i = 0; i < 3 * kMaxTokens; ++i)
    prompts.push_back(promptOf(1 + i % 5, i));
  Expected<Generation> result = run(greedy(6), prompts, 2);
  ASSERT_TRUE(result.ok()) << result.status().message();
  for (size_t i = 0; i < prompts.size(); ++i)
    EXPECT_EQ(result->sequences[i].tokens, greedyReference(prompts[i], 6)) << i;
}

TEST_F(GeneratorTest, SampledTokensDoNotDependOnNeighbours) {
  GenerationOptions options = greedy(15);
  options.sampling = {.temperature = 3, .topK = 0, .topP = 1, .minP = 0, .seed = 99};
  Prompts prompts = {promptOf(5, 1), promptOf(5, 1), promptOf(8, 2)};
  Expected<Generation> all = run(options, prompts);
  ASSERT_TRUE(all.ok());
  EXPECT_NE(all->sequences[0].tokens, all->sequences[1].tokens) << "sequences share random numbers";
  Expected<Generation> again = run(options, prompts, 2);
  Expected<Generation> alone = run(options, {prompts[0]});
  ASSERT_TRUE(again.ok() && alone.ok());
  EXPECT_EQ(alone->sequences[0].tokens, all->sequences[0].tokens);
  EXPECT_EQ(again->sequences[2].tokens, all->sequences[2].tokens);
}

TEST_F(GeneratorTest, EndTokensEndASequence) {
  std::vector<int32_t> prompt = promptOf(20, 1), expected = greedyReference(prompt, 12);
  GenerationOptions options = greedy(12);
  options.eosTokens = {expected[3]};
  size_t first = static_cast<size_t>(std::find(expected.begin(), expected.end(), expected[3]) -
                                     expected.begin());
  Expected<Generation> result = run(options, {prompt});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->sequences[0].stop, StopReason::Eos);
  expected.resize(first + 1);
  EXPECT_EQ(result->sequences[0].tokens, expected);
}

TEST_F(GeneratorTest, TheListenerEndsASequence) {
  recorder.stopAt = 3;
  Expected<Generation> result = run(greedy(12), {promptOf(20, 1)}, SessionOptions{});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->sequences[0].stop, StopReason::Stop);
  EXPECT_EQ(result->sequences[0].tokens, greedyReference(promptOf(20, 1), 3));
}

TEST_F(GeneratorTest, LogprobsAreThoseOfTheNetworksLogits) {
  GenerationOptions options = greedy(6);
  options.sampling.logitBias = {{4, 50}}; // changes the choice, not what is reported
  options.logprobs = 2;
  std::vector<int32_t> prompt = promptOf(20, 1);
  Expected<Generation> result = run(options, {prompt, promptOf(3, 2)});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->sequences[0].tokens, std::vector<int32_t>(6, 4));
  ASSERT_EQ(recorder.logprobs[0].size(), 6u);
  ASSERT_EQ(recorder.logprobs[1].size(), 6u);
  for (const Logprobs &got : recorder.logprobs[0]) {
    Logprobs want = logprobsOf(expectedLogits(prompt), 4, 2);
    EXPECT_EQ(got.chosen.token, 4);
    EXPECT_NEAR(got.chosen.logprob, want.chosen.logprob, 1e-4);
    ASSERT_EQ(got.top.size(), 2u);
    EXPECT_EQ(got.top[0].token, want.top[0].token);
    prompt.push_back(4);
  }
  ASSERT_TRUE(run(greedy(6), {prompt}).ok());
  EXPECT_TRUE(recorder.logprobs.empty());
}

TEST_F(GeneratorTest, E3Row17_TokensOfBiasesAreTheModels) {
  GenerationOptions options = greedy(1);
  options.sampling.logitBias = {{kVocabulary, 1}};
  Expected<Generation> result = run(options, {promptOf(3, 1)});
  EXPECT_EQ(result.status().code(), StatusCode::Usage);
  EXPECT_THAT(result.status().message(), HasSubstr("logit-bias: token 11"));
  options = greedy(1);
  options.logprobs = -1;
  EXPECT_EQ(run(options, {promptOf(3, 1)}).status().code(), StatusCode::Usage);
}

TEST_F(GeneratorTest, TheContextEndsASequence) {
  std::vector<int32_t> prompt = promptOf(20, 1);
  for (int64_t count : {int64_t(-1), int64_t(100)}) {
    GenerationOptions options = greedy(count);
    options.context = 30;
    Expected<Generation> result = run(options, {prompt});
    ASSERT_TRUE(result.ok()) << result.status().message();
    EXPECT_EQ(result->sequences[0].stop, StopReason::Context);
    EXPECT_EQ(result->sequences[0].tokens, greedyReference(prompt, 10));
  }
  Expected<Generation> whole = run(greedy(-1), {prompt});
  ASSERT_TRUE(whole.ok()) << whole.status().message();
  EXPECT_EQ(whole->sequences[0].tokens.size(), kContext - 20u);
}

TEST_F(GeneratorTest, E3Row14_PromptsBeyondTheContextAreRefusedBeforeWork) {
  GenerationOptions options = greedy(5);
  options.context = 19;
  Expected<Generation> result = run(options, {promptOf(20, 1)});
  EXPECT_EQ(result.status().code(), StatusCode::Usage);
  EXPECT_THAT(result.status().message(), HasSubstr("20 tokens, more than the context of 19"));
  options.context = kContext + 1;
  result = run(options, {promptOf(20, 1)});
  EXPECT_EQ(result.status().code(), StatusCode::Usage);
  EXPECT_THAT(result.status().message(), HasSubstr("compiled for"));
}

TEST_F(GeneratorTest, NoNewTokensMeansThePromptAlone) {
  GenerationOptions options = greedy(0);
  options.allRows = true;
  std::vector<int32_t> prompt = promptOf(40, 1);
  Expected<Generation> result = run(options, {prompt});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_TRUE(result->sequences[0].tokens.empty());
  EXPECT_EQ(result->sequences[0].stop, StopReason::Length);
  EXPECT_EQ(recorder.rows[0].size(), 40u * kVocabulary);
}

TEST_F(GeneratorTest, OnlyWhatWasAskedForIsNeededForCertain) {
  auto pages = [&](int64_t count, std::vector<int64_t> eosTokens) {
    GenerationOptions options = greedy(count);
    options.eosTokens = std::move(eosTokens);
    auto sized = sessionOptionsFor(*plan, options, Prompts{promptOf(65, 1), promptOf(3, 1)}, {});
    EXPECT_TRUE(sized.ok());
    return std::pair(sized->neededPages, sized->cachePages);
  };
  EXPECT_EQ(pages(-1, {10}), std::pair(std::optional<int64_t>(3), int64_t(8)));
  EXPECT_EQ(pages(-1, {}), std::pair(std::optional<int64_t>(8), int64_t(8)));
  EXPECT_EQ(pages(64, {10}), std::pair(std::optional<int64_t>(5), int64_t(5)));
}

/// Those that generate take turns; prompts alone run one after the other.
TEST_F(GeneratorTest, PromptsAloneTakeFewPages) {
  Prompts prompts;
  for (int64_t i = 0; i < 30; ++i)
    prompts.push_back(promptOf(i % 3 == 0 ? 150 : 5, i));
  GenerationOptions options = greedy(0);
  options.allRows = true;
  auto sized = sessionOptionsFor(*plan, options, prompts, {});
  ASSERT_TRUE(sized.ok());
  EXPECT_EQ(sized->cachePages, 3 + 1 + 16); // of 10 * 3 + 20
  ASSERT_TRUE(run(options, prompts).ok());
  std::vector<float> last = expectedLogits(prompts[27]);
  std::vector<float> got(recorder.rows[27].end() - kVocabulary, recorder.rows[27].end());
  for (size_t i = 0; i < last.size(); ++i)
    EXPECT_NEAR(got[i], last[i], 1e-3 * (1 + std::abs(last[i])));
}

TEST_F(GeneratorTest, E3Row23_UsedUpMemoryEndsItWithAnError) {
  FakeRoot root;
  root.putAvailable(500);
  GenerationOptions options = greedy(-1);
  options.eosTokens = {kVocabulary}; // never comes
  recorder = {};
  struct Hog : Recorder {
    FakeRoot *root = nullptr;
    Status onToken(size_t sequence, int32_t token) override {
      root->putAvailable(tokens[sequence].size() < 50 ? 500 : 0);
      return Recorder::onToken(sequence, token);
    }
  } hog;
  hog.root = &root;
  Prompts prompts = {promptOf(20, 1)};
  auto sized = sessionOptionsFor(*plan, options, prompts, {.systemRoot = root.path()});
  ASSERT_TRUE(sized.ok());
  auto session = Session::create(*plan, *sized);
  ASSERT_TRUE(session.ok()) << session.status().message();
  Expected<Generation> result = generate(**session, options, prompts, hog);
  EXPECT_EQ(result.status().code(), StatusCode::Resources);
  EXPECT_THAT(result.status().message(), HasSubstr("the memory is used up"));
  EXPECT_EQ(hog.tokens[0].size(), 128u - 20 + 1); // two pages, and what they say of the next token
}

TEST_F(GeneratorTest, UnusablePromptsAreRefused) {
  EXPECT_THAT(run(greedy(1), Prompts{{}}).status().message(), HasSubstr("prompt is empty"));
  EXPECT_THAT(run(greedy(1), Prompts{{1}, {11}}).status().message(),
              HasSubstr("sequence 1: token 11"));
  GenerationOptions options = greedy(1);
  options.sampling.topP = 2;
  EXPECT_EQ(run(options, Prompts{{1}}).status().code(), StatusCode::Usage);
  options = greedy(1);
  options.chunk = kMaxTokens + 1;
  EXPECT_EQ(run(options, Prompts{{1}}).status().code(), StatusCode::Usage);
}

TEST_F(GeneratorTest, E3Row18_LogitsThatAreNotNumbersStopIt) {
  open({.headKernel = "broken_head"});
  Expected<Generation> result = run(greedy(5), {promptOf(20, 1)});
  EXPECT_EQ(result.status().code(), StatusCode::Numeric);
  EXPECT_THAT(result.status().message(), HasSubstr("sequence 0, position 20"));
  EXPECT_THAT(result.status().message(), HasSubstr("not finite is that of head (linear)"));
}

TEST_F(GeneratorTest, E3Row18_TheFirstOperatorThatWentWrongIsNamed) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  struct Case {
    float embedding; // of token 7
    const char *origin;
  };
  // 2e38 is finite, the value in the cache (twice that) is not; 1e30 is, but its square is not.
  for (auto [embedding, origin] :
       {Case{kNan, "embedding (embedding)"}, Case{-kNan, "embedding (embedding)"},
        Case{2e38f, "layer 0 append (kv_append)"}, Case{-2e38f, "layer 0 append (kv_append)"},
        Case{1e30f, "layer 0 attention (flash_attention)"}}) {
    open({.embeddings = {{7, embedding}}});
    // The token stands in an earlier step than the one that fails, alone and beside others.
    for (bool early : {false, true}) {
      std::vector<int32_t> prompt = {1, 2, 3, 4, 5, 6, 8};
      prompt[early ? 0 : 6] = 7;
      GenerationOptions options = greedy(5);
      options.chunk = 4;
      Expected<Generation> result = run(options, {std::vector<int32_t>(20, 3), prompt}, 2);
      EXPECT_EQ(result.status().code(), StatusCode::Numeric);
      EXPECT_THAT(result.status().message(), HasSubstr("sequence 1, position 7"));
      if (!early)
        EXPECT_THAT(result.status().message(), HasSubstr(std::string("that of ") + origin));
    }
  }
}

TEST_F(GeneratorTest, E3Row28_CancellingKeepsWhatThereIs) {
  struct Canceller : Recorder {
    std::atomic<bool> *flag = nullptr;
    Status onToken(size_t sequence, int32_t token) override {
      *flag = tokens[sequence].size() == 2;
      return Recorder::onToken(sequence, token);
    }
  } canceller;
  canceller.flag = &cancel;
  std::vector<int32_t> prompt = promptOf(20, 1);
  GenerationOptions options = greedy(12);
  auto sized = sessionOptionsFor(*plan, options, Prompts{prompt}, {.cancel = &cancel});
  ASSERT_TRUE(sized.ok());
  auto session = Session::create(*plan, *sized);
  ASSERT_TRUE(session.ok());
  Expected<Generation> result = generate(**session, options, Prompts{prompt}, canceller);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->sequences[0].stop, StopReason::Interrupted);
  EXPECT_EQ(result->sequences[0].tokens, greedyReference(prompt, 3));
}

TEST_F(GeneratorTest, FailuresOfTheListenerEndIt) {
  recorder.failAt = 2;
  Expected<Generation> result = run(greedy(9), {promptOf(3, 1)}, SessionOptions{});
  EXPECT_EQ(result.status().code(), StatusCode::Resources);
  EXPECT_EQ(recorder.tokens[0].size(), 2u);
}

namespace {

/// A conversation: prompts that go on, or part from, what is in the cache.
class KeptSequenceTest : public GeneratorTest {
protected:
  void SetUp() override {
    GeneratorTest::SetUp();
    auto sized = sessionOptionsFor(*plan, greedy(-1), {.cancel = &cancel});
    ASSERT_TRUE(sized.ok()) << sized.status().message();
    auto created = Session::create(*plan, *sized);
    ASSERT_TRUE(created.ok()) << created.status().message();
    session = *std::move(created);
  }

  Expected<Generation> turn(const std::vector<int32_t> &prompt, int64_t count) {
    recorder.ends.clear();
    return generate(*session, greedy(count), prompt, kept, recorder);
  }

  /// Tokens of a turn; checks how many of its prompt were computed.
  void expectTurn(const std::vector<int32_t> &prompt, int64_t count, int64_t computed) {
    Expected<Generation> result = turn(prompt, count);
    ASSERT_TRUE(result.ok()) << result.status().message();
    EXPECT_EQ(result->sequences[0].tokens, greedyReference(prompt, count));
    EXPECT_EQ(result->timings.promptTokens, computed);
    EXPECT_EQ(session->cache().length(*kept.id), std::ssize(kept.tokens));
  }

  std::unique_ptr<Session> session;
  KeptSequence kept;
};

std::vector<int32_t> joinedTokens(std::vector<int32_t> a, const std::vector<int32_t> &b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

} // namespace

TEST_F(KeptSequenceTest, OnlyWhatIsNewIsComputed) {
  std::vector<int32_t> first = promptOf(70, 1);
  expectTurn(first, 5, 70);
  EXPECT_EQ(kept.tokens.size(), 74u) << "the last token has not been fed";
  std::vector<int32_t> second =
      joinedTokens(joinedTokens(first, greedyReference(first, 5)), {1, 2});
  expectTurn(second, 4, 3);
  expectTurn(second, 4, 1);
}

TEST_F(KeptSequenceTest, APromptThatPartsFromTheCacheIsComputedFromThere) {
  std::vector<int32_t> first = promptOf(70, 1), other = first;
  expectTurn(first, 5, 70);
  other[66] = (other[66] + 1) % kVocabulary;
  expectTurn(other, 5, 4);
  expectTurn(promptOf(3, 2), 2, 3);
  expectTurn(first, 0, 70);
}

TEST_F(KeptSequenceTest, FailuresLeaveWhatTheCacheHolds) {
  std::vector<int32_t> prompt = promptOf(20, 1);
  recorder.failAt = 3;
  EXPECT_EQ(turn(prompt, 9).status().code(), StatusCode::Resources);
  EXPECT_EQ(kept.tokens.size(), 22u);
  EXPECT_EQ(session->cache().length(*kept.id), 22);
  recorder.failAt = 0;
  expectTurn(prompt, 6, 1);
  cancel = true;
  Expected<Generation> stopped = turn(joinedTokens(prompt, promptOf(40, 7)), 6);
  ASSERT_TRUE(stopped.ok());
  EXPECT_EQ(stopped->sequences[0].stop, StopReason::Interrupted);
  cancel = false;
  EXPECT_EQ(session->cache().length(*kept.id), std::ssize(kept.tokens));
  expectTurn(prompt, 6, 1);
  EXPECT_EQ(turn(std::vector<int32_t>(kContext + 1, 3), 1).status().code(), StatusCode::Usage);
  EXPECT_FALSE(kept.tokens.empty()) << "a refused prompt changes nothing";
}
