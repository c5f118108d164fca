// When attention's tasks are cut into shares of the context, and the memory for it.
#include "runtime/exec/Shares.h"

#include <gtest/gtest.h>

using namespace graphc;

namespace {

constexpr PlanTasks kAttention{.times = 2, .dim = PlanDim::T, .block = 8, .pieceBytes = 640};
constexpr ShareBounds kTwoThreads{.threads = 2, .maxSequences = 4};

TEST(Shares, EveryThreadGetsAFewTasks) {
  EXPECT_EQ(sharesOf(kAttention, kTwoThreads, 1, 100000), 4);
  EXPECT_EQ(sharesOf(kAttention, {.threads = 16, .maxSequences = 1}, 1, 100000), 32);
  PlanTasks many = kAttention;
  many.times = 8;
  EXPECT_EQ(sharesOf(many, kTwoThreads, 1, 100000), 1);
  EXPECT_EQ(sharesOf(many, {.threads = 3, .maxSequences = 1}, 1, 100000), 2);
}

TEST(Shares, NoMoreThanTheLongestSequenceHasPieces) {
  EXPECT_EQ(sharesOf(kAttention, kTwoThreads, 1, 1), 1);
  EXPECT_EQ(sharesOf(kAttention, kTwoThreads, 1, kPieceTokens), 1);
  EXPECT_EQ(sharesOf(kAttention, kTwoThreads, 1, kPieceTokens + 1), 2);
}

TEST(Shares, OnlyOfStepsThatDecode) {
  EXPECT_EQ(sharesOf(kAttention, kTwoThreads, 4, 5000), 4);
  EXPECT_EQ(sharesOf(kAttention, kTwoThreads, 5, 5000), 1) << "more tokens than sequences";
  ShareBounds large{.threads = 8, .maxSequences = 64};
  EXPECT_GT(sharesOf(kAttention, large, 8, 5000), 1);
  EXPECT_EQ(sharesOf(kAttention, large, 9, 5000), 1) << "more than a block";
}

TEST(Shares, NotOfOtherTasks) {
  PlanTasks tasks{.times = 1, .dim = PlanDim::T, .block = 8};
  EXPECT_EQ(sharesOf(tasks, kTwoThreads, 1, 5000), 1);
  EXPECT_EQ(sharesOf(kAttention, {.threads = 1, .maxSequences = 4}, 1, 5000), 1);
}

TEST(Shares, MemoryIsForStepsThatAreCut) {
  PlanVariant variant;
  variant.schedule = {{0, "projection", {.times = 4}, {}}, {0, "attention", kAttention, {}}};
  uint64_t counters = kSharedCounters * sizeof(int32_t);
  EXPECT_EQ(sharedBytes(variant, kTwoThreads, 513), counters + 640 * 4 * 2);
  EXPECT_EQ(sharedBytes(variant, {.threads = 2, .maxSequences = 100}, 512), counters + 640 * 8);
  EXPECT_EQ(sharedBytes(variant, {.threads = 1, .maxSequences = 4}, 513), 0u);
  variant.schedule[1].tasks.times = 8;
  EXPECT_EQ(sharedBytes(variant, kTwoThreads, 513), 0u) << "there are tasks enough";
}

} // namespace
