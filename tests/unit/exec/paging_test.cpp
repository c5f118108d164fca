// The bits of a sequence do not depend on where its pages lie in the cache, nor on what they held
// before: the code of compiled plans, over caches with different histories.
#include "../plan/PlanFixture.h"

#include "runtime/exec/Session.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr int64_t kPrompt = 150, kLength = 200; // four pages, the last one not full

std::vector<int32_t> randomTokens(size_t count, uint32_t seed) {
  std::vector<int32_t> tokens(count);
  for (int32_t &token : tokens) {
    seed = seed * 1664525 + 1013904223;
    token = static_cast<int32_t>(2 + (seed >> 16) % 1000);
  }
  return tokens;
}

/// A plan of the example model, made by `graphc compile` with some flags.
struct CompiledPlan {
  explicit CompiledPlan(const std::string &flags) {
    std::string path = folder.file("a.gcplan");
    std::string command = "'" GRAPHC_PROGRAM "' compile '" GRAPHC_SOURCE_DIR
                          "/examples/tiny-stories' -q -o '" +
                          path + "' " + flags;
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    Expected<Plan> opened = Plan::open(path, {});
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    if (opened.ok())
      plan.emplace(*std::move(opened));
  }

  TemporaryFolder folder;
  std::optional<Plan> plan;
  std::vector<uint32_t> bits; ///< Of all rows of the tokens, in a cache of their own.
  std::vector<int32_t> pages; ///< Where they were.
};

/// The parameter is what `graphc compile` is told. Every test wants every plan: they are kept.
class PagingTest : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    static std::map<std::string, std::unique_ptr<CompiledPlan>> plans;
    std::unique_ptr<CompiledPlan> &slot = plans[GetParam()];
    if (!slot)
      slot = std::make_unique<CompiledPlan>(GetParam());
    alone = slot.get();
    ASSERT_TRUE(alone->plan);
    ASSERT_NO_FATAL_FAILURE(newSession());
    if (!alone->bits.empty())
      return;
    KvCache::SequenceId id = newSequence();
    alone->bits = feedAll(id);
    alone->pages = pagesOf(id);
    ASSERT_EQ(alone->pages, (std::vector<int32_t>{0, 1, 2, 3}));
    ASSERT_NO_FATAL_FAILURE(newSession());
  }

  void newSession() {
    session.reset();
    auto created =
        Session::create(*alone->plan, {.threads = 2, .cachePages = 32, .resultRows = kLength});
    ASSERT_TRUE(created.ok()) << created.status().message();
    session = *std::move(created);
  }

  KvCache &cache() { return session->cache(); }
  KvCache::SequenceId newSequence() { return cache().createSequence(); }

  std::vector<int32_t> pagesOf(KvCache::SequenceId id) {
    return {cache().pages(id).begin(), cache().pages(id).end()};
  }

  /// Bits of the results of more tokens of a sequence, all in one step.
  std::vector<uint32_t> feed(KvCache::SequenceId id, std::span<const int32_t> more) {
    StepSequence part{id, more, WantedRows::All};
    auto result = session->step({&part, 1});
    EXPECT_TRUE(result.ok()) << result.status().message();
    std::vector<uint32_t> bits;
    if (result.ok())
      std::transform(result->begin(), result->end(), std::back_inserter(bits),
                     [](float number) { return std::bit_cast<uint32_t>(number); });
    return bits;
  }

  /// The tokens from the sequence's end on: what is left of the prompt, then one by one.
  std::vector<uint32_t> feedAll(KvCache::SequenceId id) {
    std::vector<uint32_t> bits;
    while (cache().length(id) < kLength) {
      const int64_t begin = cache().length(id), count = begin < kPrompt ? kPrompt - begin : 1;
      std::vector<uint32_t> more = feed(
          id, std::span(tokens).subspan(static_cast<size_t>(begin), static_cast<size_t>(count)));
      if (HasFailure())
        return bits;
      bits.insert(bits.end(), more.begin(), more.end());
    }
    return bits;
  }

  /// Compares the results of a sequence's tokens from `token` on with those of the one alone.
  void expectBits(int64_t token, const std::vector<uint32_t> &bits) {
    const int64_t width = alone->plan->header().resultWidth;
    ASSERT_LE(token * width + std::ssize(bits), std::ssize(alone->bits));
    const auto want = alone->bits.begin() + token * width;
    const int64_t same = std::mismatch(bits.begin(), bits.end(), want).first - bits.begin();
    EXPECT_EQ(same, std::ssize(bits)) << "other bits from token " << token + same / width << " on";
  }

  /// Goes on with a sequence that has the first tokens already, and compares what comes out.
  void expectSameBits(KvCache::SequenceId id) {
    const int64_t begin = cache().length(id);
    expectBits(begin, feedAll(id));
    EXPECT_EQ(cache().length(id), kLength);
    EXPECT_NE(pagesOf(id), alone->pages) << "the pages lie where they did: nothing is tested";
  }

  /// A sequence with other tokens.
  KvCache::SequenceId stranger(int64_t length, uint32_t seed) {
    KvCache::SequenceId id = cache().createSequence();
    feed(id, randomTokens(static_cast<size_t>(length), seed));
    return id;
  }

  const std::vector<int32_t> tokens = randomTokens(kLength, 1);
  CompiledPlan *alone = nullptr;
  std::unique_ptr<Session> session;
};

} // namespace

INSTANTIATE_TEST_SUITE_P(
    Plans, PagingTest,
    testing::Values("--dtype f32", "--dtype bf16", "--dtype f32 --kv-cache bf16",
                    "--dtype f32 --kv-cache int8", "--dtype bf16 --kv-cache int8",
                    "--dtype bf16 --quant w4a8 --kv-cache int8", "--dtype f32 --target x86-64-v3",
                    "--dtype bf16 --target x86-64-v3",
                    "--dtype bf16 --kv-cache int8 --target x86-64-v3"),
    [](const auto &info) {
      std::string name;
      std::copy_if(info.param.begin(), info.param.end(), std::back_inserter(name),
                   [](char c) { return std::isalnum(static_cast<unsigned char>(c)); });
      return name;
    });

TEST_P(PagingTest, BehindOtherSequences) {
  stranger(70, 2);
  expectSameBits(newSequence());
}

TEST_P(PagingTest, InPagesThatOthersHad) {
  KvCache::SequenceId first = stranger(130, 2), second = stranger(199, 3);
  cache().free(first);
  cache().free(second); // the pages of the last to go are the first to be given away
  const int64_t touched = cache().touchedPages();
  expectSameBits(newSequence());
  EXPECT_EQ(cache().touchedPages(), touched) << "no page was used again";
}

TEST_P(PagingTest, BetweenThePagesOfOneThatGrowsBesideIt) {
  KvCache::SequenceId id = newSequence(), other = newSequence();
  const std::vector<int32_t> others = randomTokens(kLength, 2);
  for (size_t begin = 0; begin < kPrompt; begin += 30) {
    feed(other, std::span(others).subspan(begin, 30));
    expectBits(static_cast<int64_t>(begin), feed(id, std::span(tokens).subspan(begin, 30)));
  }
  expectSameBits(id);
}

TEST_P(PagingTest, ForkedFromOneThatWentAnotherWay) {
  KvCache::SequenceId parent = newSequence();
  feed(parent, std::span(tokens).first(100));
  KvCache::SequenceId early = cache().fork(parent);
  feed(parent, randomTokens(60, 2));
  KvCache::SequenceId late = cache().fork(parent);
  cache().truncate(late, 100);
  cache().free(parent);
  expectSameBits(late);
  expectSameBits(early);
}

TEST_P(PagingTest, CutAndGrownAgain) {
  KvCache::SequenceId id = newSequence();
  feed(id, tokens);
  cache().truncate(id, 75);
  stranger(10, 2);
  feed(id, randomTokens(100, 3));
  cache().truncate(id, 75);
  expectSameBits(id);
}
