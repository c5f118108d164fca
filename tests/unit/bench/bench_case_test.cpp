// Which cases the flags of a benchmark stand for, and the statistics of repetitions.
#include "tools/bench/BenchCase.h"
#include "tools/bench/Statistics.h"

#include <gmock/gmock.h>

using namespace graphc;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

PlanHeader header(int64_t context, int64_t maxTokens, bool columns = false) {
  PlanHeader result;
  result.context = context;
  result.maxTokens = maxTokens;
  result.usesColumns = columns;
  return result;
}

std::vector<std::string> texts(const BenchOptions &options) {
  std::vector<std::string> result;
  for (const BenchCase &benchCase : benchCases(options))
    result.push_back(benchCase.text());
  return result;
}

} // namespace

TEST(Statistics, OfRepetitions) {
  EXPECT_EQ(summarize({}), Summary());
  EXPECT_EQ(summarize({3}), (Summary{3, 3, 3}));
  EXPECT_EQ(summarize({5, 1, 3}), (Summary{1, 3, 5}));
  EXPECT_EQ(summarize({4, 1, 2, 8}), (Summary{1, 3, 8}));
}

TEST(BenchCases, DeepenAndGrowSoThatTheCacheIsUsedAgain) {
  BenchOptions options;
  options.prefill = {512};
  options.decode = {128, 32};
  options.depths = {2048, 0};
  options.batches = {4, 1};
  options.threads = {2, 1};
  std::vector<std::string> all = texts(options);
  EXPECT_EQ(all.size(), 24u);
  all.resize(7);
  EXPECT_THAT(
      all, ElementsAre("pp512, depth 0, 2 threads, batch 1", "tg128, depth 0, 2 threads, batch 1",
                       "tg32, depth 0, 2 threads, batch 1", "pp512, depth 0, 2 threads, batch 4",
                       "tg128, depth 0, 2 threads, batch 4", "tg32, depth 0, 2 threads, batch 4",
                       "pp512, depth 2048, 2 threads, batch 1"));
  EXPECT_EQ(texts(options).back(), "tg32, depth 2048, 1 thread, batch 4");
}

TEST(BenchCases, ZeroTokensAreNoTest) {
  BenchOptions options;
  options.prefill = {0};
  options.decode = {0, 8};
  EXPECT_THAT(texts(options), ElementsAre("tg8, depth 0, 1 thread, batch 1"));
  options.decode = {0};
  EXPECT_THAT(texts(options), IsEmpty());
}

TEST(BenchCases, MustFitThePlan) {
  BenchCase fits{.prefill = false, .tokens = 28, .depth = 100, .batch = 4, .threads = 1};
  EXPECT_TRUE(checkCase(fits, header(128, 4)).ok());
  Status tooLong = checkCase(fits, header(127, 4));
  EXPECT_EQ(tooLong.code(), StatusCode::Usage);
  EXPECT_THAT(tooLong.message(), HasSubstr("tg28, depth 100, 1 thread, batch 4"));
  EXPECT_THAT(tooLong.message(), HasSubstr("context of 128"));
  EXPECT_THAT(checkCase(fits, header(128, 3)).message(), HasSubstr("at most 3 tokens"));
  EXPECT_TRUE(checkCase(fits, header(512, 4, /*columns=*/true)).ok());
  EXPECT_THAT(checkCase(fits, header(511, 4, /*columns=*/true)).message(), HasSubstr("not fused"));
}

TEST(BenchCases, DefaultsFitTheContext) {
  EXPECT_EQ(defaultPrefill(header(8192, 512), 2048), 512);
  EXPECT_EQ(defaultDecode(header(8192, 512), 2048), 128);
  EXPECT_EQ(defaultPrefill(header(2100, 512), 2000), 100);
  EXPECT_EQ(defaultDecode(header(2100, 512), 2100), 0);
}
