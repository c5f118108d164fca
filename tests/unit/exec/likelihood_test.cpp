// Likelihood of texts: which token is scored in which window, and by what.
#include "TestNetwork.h"

#include "runtime/exec/Likelihood.h"

#include <cmath>
#include <gmock/gmock.h>
#include <limits>

using namespace graphc;
using namespace graphc::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

constexpr int32_t kBos = 10;

double logSumExp(const std::vector<float> &logits) {
  double sum = 0;
  for (float logit : logits)
    sum += std::exp(static_cast<double>(logit));
  return std::log(sum);
}

/// -ln p(token | before), from the description of the network.
double expectedNll(const std::vector<int32_t> &before, int32_t token) {
  std::vector<float> logits = expectedLogits(before);
  return logSumExp(logits) - logits[static_cast<size_t>(token)];
}

/// NLL of each scored token of a text, in order, window by window as the header says.
std::vector<double> expectedNlls(const std::vector<int32_t> &text, int64_t context, int64_t stride,
                                 bool bos) {
  std::vector<double> result;
  for (const LikelihoodWindow &window : likelihoodWindows(std::ssize(text), context, stride, bos)) {
    for (int64_t i = window.firstScored; i < window.end; ++i) {
      std::vector<int32_t> before(text.begin() + window.begin, text.begin() + i);
      if (bos)
        before.insert(before.begin(), kBos);
      result.push_back(expectedNll(before, text[static_cast<size_t>(i)]));
    }
  }
  return result;
}

double mean(const std::vector<double> &values) {
  double sum = 0;
  for (double value : values)
    sum += value;
  return sum / static_cast<double>(values.size());
}

class LikelihoodTest : public testing::Test {
protected:
  void SetUp() override { open({}); }

  void open(const NetworkOptions &options) {
    std::string path = folder.file("network.gcplan");
    Status written = writeNetworkPlan(path, options);
    ASSERT_TRUE(written.ok()) << written.message();
    Expected<Plan> opened = Plan::open(path);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    plan.emplace(*std::move(opened));
  }

  Expected<Likelihood> measure(const std::vector<int32_t> &text, LikelihoodOptions options,
                               SessionOptions base = {}) {
    GRAPHC_ASSIGN_OR_RETURN(options, resolveLikelihood(*plan, options));
    GRAPHC_ASSIGN_OR_RETURN(std::unique_ptr<Session> session,
                            Session::create(*plan, sessionOptionsFor(options, base)));
    Expected<Likelihood> result =
        measureLikelihood(*session, text, options, [&](int64_t done) { progress = done; });
    EXPECT_EQ(session->cache().freePages(), pagesForTokens(options.context)) << "pages leaked";
    return result;
  }

  TemporaryFolder folder;
  std::optional<Plan> plan;
  int64_t progress = 0;
};

} // namespace

TEST(LikelihoodWindows, AreDisjointByDefaultBehindABos) {
  EXPECT_THAT(
      likelihoodWindows(9, 5, 4, true),
      ElementsAre(LikelihoodWindow{0, 4, 0}, LikelihoodWindow{4, 8, 4}, LikelihoodWindow{8, 9, 8}));
}

TEST(LikelihoodWindows, ShareOneTokenWithoutABos) {
  EXPECT_THAT(likelihoodWindows(9, 5, 4, false),
              ElementsAre(LikelihoodWindow{0, 5, 1}, LikelihoodWindow{4, 9, 5}));
}

TEST(LikelihoodWindows, ScoreOnlyWhatIsNewWhenTheyOverlap) {
  EXPECT_THAT(likelihoodWindows(10, 7, 2, true),
              ElementsAre(LikelihoodWindow{0, 6, 0}, LikelihoodWindow{2, 8, 6},
                          LikelihoodWindow{4, 10, 8}));
}

TEST(LikelihoodWindows, OfATextThatFitsIsOne) {
  EXPECT_THAT(likelihoodWindows(3, 100, 99, true), ElementsAre(LikelihoodWindow{0, 3, 0}));
  EXPECT_THAT(likelihoodWindows(1, 100, 99, false), IsEmpty());
}

TEST(LikelihoodWindows, ScoreEveryTokenOnce) {
  for (int64_t tokens : {2, 5, 6, 7, 30}) {
    for (int64_t stride = 1; stride < 6; ++stride) {
      int64_t scored = 1;
      for (const LikelihoodWindow &window : likelihoodWindows(tokens, 6, stride, false)) {
        EXPECT_EQ(window.firstScored, scored);
        EXPECT_LT(window.begin, window.firstScored);
        EXPECT_LE(window.end - window.begin, 6);
        scored = window.end;
      }
      EXPECT_EQ(scored, tokens);
    }
  }
}

TEST(NegativeLogLikelihood, IsExactForLargeLogitsAndTellsNan) {
  const std::vector<float> logits = {1000, 1000 + std::log(2.0f), 1000};
  EXPECT_NEAR(negativeLogLikelihood(logits, 1), std::log(2.0), 1e-4);
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_NEAR(negativeLogLikelihood(std::vector<float>{0, -inf, 0}, 0), std::log(2.0), 1e-12);
  EXPECT_FALSE(std::isfinite(negativeLogLikelihood(std::vector<float>{0, NAN, 1}, 0)));
  EXPECT_FALSE(std::isfinite(negativeLogLikelihood(std::vector<float>{0, inf, 1}, 0)));
}

TEST_F(LikelihoodTest, IsThatOfTheNetwork) {
  const std::vector<int32_t> text = promptOf(150, 3);
  for (bool bos : {false, true}) {
    for (auto [context, stride] : {std::pair{200, 199}, {50, 49}, {50, 20}, {40, 1}}) {
      for (int64_t chunk : {16, 3}) {
        LikelihoodOptions options{context, stride, chunk, {}};
        if (bos)
          options.bos = kBos;
        Expected<Likelihood> result = measure(text, options, {.threads = 2});
        ASSERT_TRUE(result.ok()) << result.status().message();
        std::vector<double> want = expectedNlls(text, context, stride, bos);
        EXPECT_EQ(result->tokens, std::ssize(want));
        EXPECT_EQ(progress, std::ssize(want));
        EXPECT_NEAR(result->meanNll, mean(want), 1e-5) << context << " " << stride << " " << bos;
        double squares = 0;
        for (double value : want)
          squares += (value - mean(want)) * (value - mean(want));
        auto n = static_cast<double>(want.size());
        EXPECT_NEAR(result->nllError, std::sqrt(squares / (n - 1) / n), 1e-5);
        EXPECT_DOUBLE_EQ(result->perplexity(), std::exp(result->meanNll));
      }
    }
  }
}

TEST_F(LikelihoodTest, DefaultsToTheWholeContext) {
  Expected<Likelihood> result = measure(promptOf(450, 1), {.bos = kBos});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->context, kContext);
  EXPECT_EQ(result->stride, kContext - 1);
  EXPECT_EQ(result->windows, 3);
  EXPECT_EQ(result->tokens, 450);
}

TEST_F(LikelihoodTest, RefusesWhatCannotBeMeasured) {
  auto message = [&](const std::vector<int32_t> &text, const LikelihoodOptions &options) {
    Expected<Likelihood> result = measure(text, options);
    EXPECT_EQ(result.status().code(), StatusCode::Usage);
    return result.status().message();
  };
  EXPECT_THAT(message({1, 2}, {.context = 1}), HasSubstr("context: expected 2 to 200"));
  EXPECT_THAT(message({1, 2}, {.context = 201}), HasSubstr("context: expected 2 to 200"));
  EXPECT_THAT(message({1, 2}, {.context = 9, .stride = 9}), HasSubstr("stride: expected 1 to 8"));
  EXPECT_THAT(message({1, 2}, {.chunk = 17}), HasSubstr("chunk: expected 1 to 16"));
  EXPECT_THAT(message({1}, {}), HasSubstr("at least 2"));
  EXPECT_THAT(message({}, {.bos = kBos}), HasSubstr("at least 1"));
  EXPECT_THAT(message({1, 2, 11}, {}), HasSubstr("token 11"));
  EXPECT_THAT(message({1, -2, 3}, {}), HasSubstr("token -2"));
}

TEST_F(LikelihoodTest, SaysWhereLogitsAreNotNumbers) {
  open({.headKernel = "broken_head"});
  Expected<Likelihood> result = measure({1, 2, 3}, {});
  EXPECT_EQ(result.status().code(), StatusCode::Numeric);
  EXPECT_THAT(result.status().message(), HasSubstr("token 1"));
  EXPECT_THAT(result.status().message(), HasSubstr("that of head (linear)"));
}

TEST_F(LikelihoodTest, EndsWhenItIsCancelled) {
  std::atomic<bool> cancel = true;
  Expected<Likelihood> result = measure({1, 2, 3}, {}, {.cancel = &cancel});
  EXPECT_EQ(result.status().code(), StatusCode::Interrupted);
}
