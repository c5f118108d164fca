// The sampler against values computed by hand.
#include "runtime/sampling/Logprobs.h"
#include "runtime/sampling/Sampler.h"

#include <cmath>
#include <gmock/gmock.h>
#include <limits>
#include <map>
#include <numeric>

using namespace graphc;
using testing::HasSubstr;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Everything off: plain sampling from the softmax.
SamplingOptions plain() {
  return {.temperature = 1, .topK = 0, .topP = 1, .minP = 0, .repeatPenalty = 1, .seed = 7};
}

/// Logits whose softmax is the given probabilities.
std::vector<float> logitsOf(std::vector<double> probabilities) {
  std::vector<float> logits;
  for (double p : probabilities)
    logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}

/// How often each token is chosen in `draws` draws, as a fraction.
std::map<int32_t, double> frequencies(const SamplingOptions &options,
                                      const std::vector<float> &logits, uint64_t draws = 20000) {
  Sampler sampler(options);
  std::map<int32_t, double> result;
  for (uint64_t i = 0; i < draws; ++i) {
    Expected<int32_t> token = sampler.sample(logits, {}, i);
    EXPECT_TRUE(token.ok());
    result[*token] += 1.0 / static_cast<double>(draws);
  }
  return result;
}

std::vector<int32_t> chosen(const SamplingOptions &options, const std::vector<float> &logits) {
  std::vector<int32_t> result;
  for (const auto &[token, share] : frequencies(options, logits))
    result.push_back(token);
  return result;
}

} // namespace

TEST(Sampler, TemperatureZeroIsGreedyAndTiesGoToTheLowestId) {
  SamplingOptions options = plain();
  options.temperature = 0;
  Sampler sampler(options);
  EXPECT_EQ(*sampler.sample(std::vector<float>{1, 3, 2}, {}, 0), 1);
  EXPECT_EQ(*sampler.sample(std::vector<float>{1, 3, 3}, {}, 0), 1);
  EXPECT_EQ(*sampler.sample(std::vector<float>{-kInf, -2, -5}, {}, 0), 1);
}

TEST(Sampler, FrequenciesFollowTheProbabilities) {
  auto got = frequencies(plain(), logitsOf({0.5, 0.3, 0.15, 0.05}));
  EXPECT_NEAR(got[0], 0.50, 0.012);
  EXPECT_NEAR(got[1], 0.30, 0.012);
  EXPECT_NEAR(got[2], 0.15, 0.012);
  EXPECT_NEAR(got[3], 0.05, 0.012);
}

TEST(Sampler, TemperatureSharpensAndFlattens) {
  SamplingOptions options = plain();
  options.temperature = 0.5f; // squares: 0.64 and 0.04 of 0.68
  EXPECT_NEAR(frequencies(options, logitsOf({0.8, 0.2}))[0], 0.64 / 0.68, 0.012);
  options.temperature = 2; // square roots
  double a = std::sqrt(0.8), b = std::sqrt(0.2);
  EXPECT_NEAR(frequencies(options, logitsOf({0.8, 0.2}))[0], a / (a + b), 0.012);
}

TEST(Sampler, TopKKeepsTheLikeliest) {
  SamplingOptions options = plain();
  options.topK = 2;
  auto got = frequencies(options, logitsOf({0.1, 0.4, 0.2, 0.3}));
  EXPECT_EQ(got.size(), 2u);
  EXPECT_NEAR(got[1], 0.4 / 0.7, 0.012);
  EXPECT_NEAR(got[3], 0.3 / 0.7, 0.012);
  options.topK = 100;
  EXPECT_EQ(frequencies(options, logitsOf({0.1, 0.4, 0.2, 0.3})).size(), 4u);
}

TEST(Sampler, TopKAgreesWithSortingTheWholeVocabulary) {
  SamplingOptions options = plain();
  for (size_t vocabulary : {3, 511, 512, 513, 5000})
    for (int64_t k : {1, 2, 40, 512, 513, 4999}) {
      std::vector<float> logits; // in mixed order, with many equal ones and some that are out
      for (size_t i = 0; i < vocabulary; ++i)
        logits.push_back(i * i % 7 == 1 ? -kInf : static_cast<float>(i * i * 37 % 301) / 50);
      logits[0] = 1;
      std::vector<int32_t> order(vocabulary);
      std::iota(order.begin(), order.end(), 0);
      std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
        float x = logits[static_cast<size_t>(a)], y = logits[static_cast<size_t>(b)];
        return x != y ? x > y : a < b;
      });
      bool all = static_cast<size_t>(k) >= vocabulary;
      if (all)
        std::iota(order.begin(), order.end(), 0);
      else
        order.resize(static_cast<size_t>(k));
      const float largest = *std::max_element(logits.begin(), logits.end());
      auto weight = [&](int32_t i) {
        return std::exp(double(logits[static_cast<size_t>(i)]) - largest);
      };
      double sum = 0;
      for (int32_t i : order)
        sum += weight(i);
      options.topK = k;
      Sampler sampler(options);
      for (uint64_t sequence = 0; sequence < 50; ++sequence) {
        double rest = uniformRandom({options.seed, sequence, 0}) * sum;
        size_t at = 0;
        while (at + 1 < order.size() && (rest -= weight(order[at])) >= 0)
          ++at;
        ASSERT_EQ(*sampler.sample(logits, {}, sequence), order[at])
            << "top " << k << " of " << vocabulary;
      }
    }
}

TEST(Sampler, TopPKeepsWhatReachesTheProbability) {
  SamplingOptions options = plain();
  std::vector<float> logits = logitsOf({0.05, 0.5, 0.15, 0.3});
  options.topP = 0.7f; // 0.5 + 0.3
  EXPECT_EQ(chosen(options, logits), (std::vector<int32_t>{1, 3}));
  options.topP = 0.81f; // and 0.15
  EXPECT_EQ(chosen(options, logits), (std::vector<int32_t>{1, 2, 3}));
  options.topP = 0; // never less than one
  EXPECT_EQ(chosen(options, logits), (std::vector<int32_t>{1}));
}

TEST(Sampler, TopPAgreesWithSortingTheWholeVocabulary) {
  std::vector<double> weights;
  for (int i = 0; i < 1000; ++i)
    weights.push_back(1.0 / (1 + (i * 37) % 1000)); // a long tail in mixed order
  double sum = 0, reached = 0;
  for (double w : weights)
    sum += w;
  std::vector<double> sorted = weights;
  std::sort(sorted.rbegin(), sorted.rend());
  size_t keep = 0;
  while (reached < 0.6 * sum)
    reached += sorted[keep++];
  SamplingOptions options = plain();
  options.topP = 0.6f;
  for (const auto &[token, share] : frequencies(options, logitsOf(weights)))
    EXPECT_GE(weights[static_cast<size_t>(token)], sorted[keep - 1] * 0.999);
}

TEST(Sampler, MinPIsRelativeToTheLikeliest) {
  SamplingOptions options = plain();
  options.minP = 0.25f;
  EXPECT_EQ(chosen(options, logitsOf({0.5, 0.12, 0.25, 0.13})),
            (std::vector<int32_t>{0, 2, 3})); // 0.12 < 0.125 <= 0.13
  options.minP = 1;
  EXPECT_EQ(chosen(options, logitsOf({0.5, 0.12, 0.25, 0.13})), (std::vector<int32_t>{0}));
}

TEST(Sampler, FiltersLookAtProbabilitiesBeforeTheTemperature) {
  SamplingOptions options = plain();
  options.topP = 0.75f;
  options.temperature = 50; // after it all tokens are nearly equal
  EXPECT_EQ(chosen(options, logitsOf({0.7, 0.1, 0.1, 0.1})).size(), 2u);
}

TEST(Sampler, RepetitionPenaltyDividesAndMultiplies) {
  SamplingOptions options = plain();
  options.temperature = 0;
  options.repeatPenalty = 2;
  Sampler sampler(options);
  std::vector<int32_t> history = {0, 0};
  EXPECT_EQ(*sampler.sample(std::vector<float>{3, 1.4f}, history, 0), 0); // 1.5, once only
  EXPECT_EQ(*sampler.sample(std::vector<float>{3, 1.6f}, history, 0), 1);
  EXPECT_EQ(*sampler.sample(std::vector<float>{-1, -1.9f}, history, 0), 1); // -2
  EXPECT_EQ(*sampler.sample(std::vector<float>{-1, -2.1f}, history, 0), 0);
}

TEST(Sampler, RepetitionPenaltyLooksAtTheLastTokensOnly) {
  SamplingOptions options = plain();
  options.temperature = 0;
  options.repeatPenalty = 10;
  options.repeatLastN = 2;
  Sampler sampler(options);
  std::vector<float> logits = {3, 2, 1};
  EXPECT_EQ(*sampler.sample(logits, std::vector<int32_t>{0, 1, 2}, 0), 0);
  EXPECT_EQ(*sampler.sample(logits, std::vector<int32_t>{2, 0, 1}, 0), 2);
}

TEST(Sampler, PresenceAndFrequencyAreSubtracted) {
  SamplingOptions options = plain();
  options.temperature = 0;
  std::vector<int32_t> history = {0, 0, 0, 1};
  auto choice = [&](float presence, float frequency, std::vector<float> logits) {
    options.presencePenalty = presence;
    options.frequencyPenalty = frequency;
    return *Sampler(options).sample(logits, history, 0);
  };
  EXPECT_EQ(choice(1, 0, {3, 2.9f, 2.1f}), 2) << "2, 1.9 and 2.1: once, however often it was";
  EXPECT_EQ(choice(1, 0, {3.2f, 2.9f, 2.1f}), 0);
  EXPECT_EQ(choice(0, 1, {3.2f, 2.9f, 1.8f}), 1) << "0.2, 1.9, 1.8";
  EXPECT_EQ(choice(-1, 0, {3, 2.9f, 3.9f}), 0) << "negative ones favour what was there";
  options.repeatLastN = 1;
  EXPECT_EQ(choice(0, 1, {3.2f, 2.9f, 1.8f}), 0) << "the window has a 1 only";
  options.repeatLastN = 0;
  EXPECT_EQ(choice(5, 5, {1, 2.9f, 1.8f}), 1);
}

TEST(Sampler, PenaltiesAreSubtractedFromWhatTheRepetitionPenaltyLeaves) {
  SamplingOptions options = plain();
  options.temperature = 0;
  options.repeatPenalty = 2;
  options.presencePenalty = 1;
  Sampler sampler(options);
  std::vector<int32_t> history = {0}; // 4 becomes 4 / 2 - 1 = 1, not (4 - 1) / 2
  EXPECT_EQ(*sampler.sample(std::vector<float>{4, 1.1f}, history, 0), 1);
  EXPECT_EQ(*sampler.sample(std::vector<float>{4, 0.9f}, history, 0), 0);
}

TEST(Sampler, BiasesComeFirst) {
  SamplingOptions options = plain();
  options.temperature = 0;
  options.logitBias = {{1, 1}, {1, 0.5f}, {2, -kInf}, {77, 100}, {-1, 100}};
  EXPECT_EQ(*Sampler(options).sample(std::vector<float>{2.4f, 1, 9}, {}, 0), 1);
  EXPECT_EQ(*Sampler(options).sample(std::vector<float>{2.6f, 1, 9}, {}, 0), 0);
  options.repeatPenalty = 2; // of the biased logit: (1 + 1.5) / 2
  EXPECT_EQ(*Sampler(options).sample(std::vector<float>{1.2f, 1, 9}, std::vector<int32_t>{1}, 0),
            1);
  options = plain();
  options.logitBias = {{1, std::log(3.0f)}}; // 0.5 and 0.5 become 0.25 and 0.75
  EXPECT_NEAR(frequencies(options, logitsOf({0.5, 0.5}))[1], 0.75, 0.012);
}

TEST(Sampler, BiasesThatLeaveNothingAreUsageErrors) {
  SamplingOptions options = plain();
  options.logitBias = {{0, -kInf}, {1, -kInf}};
  Expected<int32_t> token = Sampler(options).sample(std::vector<float>{1, 2}, {}, 0);
  EXPECT_EQ(token.status().code(), StatusCode::Usage);
}

TEST(Logprobs, AreTheLogarithmsOfTheSoftmax) {
  std::vector<float> logits = logitsOf({0.1, 0.4, 0.4, 0.1});
  Logprobs all = logprobsOf(logits, 3, 99);
  EXPECT_EQ(all.chosen.token, 3);
  EXPECT_NEAR(all.chosen.logprob, std::log(0.1), 1e-6);
  ASSERT_EQ(all.top.size(), 4u);
  std::vector<int32_t> order;
  for (const TokenLogprob &entry : all.top)
    order.push_back(entry.token);
  EXPECT_EQ(order, (std::vector<int32_t>{1, 2, 0, 3})) << "equal ones by id";
  EXPECT_NEAR(all.top[0].logprob, std::log(0.4), 1e-6);
  EXPECT_EQ(logprobsOf(logits, 0, 2).top.size(), 2u);
  EXPECT_TRUE(logprobsOf(logits, 0, 0).top.empty());
  Logprobs large = logprobsOf(std::vector<float>{-kInf, 1e38f, -1e38f}, 1, 3);
  EXPECT_EQ(large.chosen.logprob, 0);
  EXPECT_EQ(large.top[2].logprob, -kInf);
}

TEST(Sampler, RandomNumbersDependOnTheKeyAlone) {
  RandomKey key{.seed = 1, .sequence = 2, .position = 3};
  EXPECT_EQ(uniformRandom(key), uniformRandom(key));
  double a = uniformRandom(key);
  EXPECT_NE(a, uniformRandom({2, 2, 3}));
  EXPECT_NE(a, uniformRandom({1, 3, 3}));
  EXPECT_NE(a, uniformRandom({1, 2, 4}));
  EXPECT_NE(uniformRandom({1, 2, 3}), uniformRandom({1, 3, 2}));
  double sum = 0;
  for (uint64_t i = 0; i < 10000; ++i) {
    double value = uniformRandom({5, 0, i});
    EXPECT_TRUE(value >= 0 && value < 1);
    sum += value;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.01);
}

TEST(Sampler, NumbersThatAreNoneAreNumericErrors) {
  Sampler sampler(plain());
  for (const std::vector<float> &logits :
       {std::vector<float>{1, kNan}, {kInf, 1}, {-kInf, -kInf}}) {
    Expected<int32_t> token = sampler.sample(logits, std::vector<int32_t>{1, 2, 3}, 4);
    EXPECT_EQ(token.status().code(), StatusCode::Numeric);
    EXPECT_THAT(token.status().message(), HasSubstr("sequence 4, position 3"));
  }
}

TEST(Sampler, E3Row17_OptionsOutOfRangeAreUsageErrors) {
  EXPECT_TRUE(SamplingOptions().validate().ok());
  EXPECT_TRUE(plain().validate().ok());
  auto refused = [](auto change) {
    SamplingOptions options;
    change(options);
    return options.validate().code() == StatusCode::Usage;
  };
  EXPECT_TRUE(refused([](auto &o) { o.temperature = -1; }));
  EXPECT_TRUE(refused([](auto &o) { o.temperature = kNan; }));
  EXPECT_TRUE(refused([](auto &o) { o.temperature = kInf; }));
  EXPECT_TRUE(refused([](auto &o) { o.topK = -1; }));
  EXPECT_TRUE(refused([](auto &o) { o.topP = 1.5f; }));
  EXPECT_TRUE(refused([](auto &o) { o.topP = kNan; }));
  EXPECT_TRUE(refused([](auto &o) { o.minP = -0.1f; }));
  EXPECT_TRUE(refused([](auto &o) { o.repeatPenalty = 0; }));
  EXPECT_TRUE(refused([](auto &o) { o.presencePenalty = kNan; }));
  EXPECT_TRUE(refused([](auto &o) { o.frequencyPenalty = 101; }));
  EXPECT_TRUE(refused([](auto &o) { o.logitBias = {{0, kInf}}; }));
  EXPECT_TRUE(refused([](auto &o) { o.logitBias = {{0, kNan}}; }));
  EXPECT_FALSE(refused([](auto &o) { o.logitBias = {{0, -kInf}}; }));
}
