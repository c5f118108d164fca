// Offsets computed by hand. Drawings: one line per buffer, lifetimes from left to right.
#include "passes/analysis/MemoryPlanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace graphc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

MemoryPlan plan(const std::vector<BufferUsage> &usages, uint64_t alignment = 64) {
  Expected<MemoryPlan> result = planMemory(usages, alignment);
  EXPECT_TRUE(result.ok()) << result.status().message();
  return *result;
}

TEST(MemoryPlanner, NothingNeedsNothing) {
  MemoryPlan result = plan({});
  EXPECT_EQ(result.arenaBytes, 0u);
  EXPECT_TRUE(result.offsets.empty());
}

TEST(MemoryPlanner, RoundsSizesUpToTheAlignment) {
  MemoryPlan result = plan({{0, 1, 100}, {1, 2, 1}});
  EXPECT_THAT(result.offsets, ElementsAre(0, 128));
  EXPECT_EQ(result.arenaBytes, 192u);
}

// a chain: each op reads the buffer before it. Two places suffice.
TEST(MemoryPlanner, ChainAlternatesBetweenTwoPlaces) {
  MemoryPlan result = plan({{0, 1, 64}, {1, 2, 64}, {2, 3, 64}, {3, 4, 64}});
  EXPECT_THAT(result.offsets, ElementsAre(0, 64, 0, 64));
  EXPECT_EQ(result.arenaBytes, 128u);
}

// A result never takes the place of an operand of its own step.
TEST(MemoryPlanner, RangesThatTouchDoNotShare) {
  MemoryPlan result = plan({{0, 3, 64}, {3, 5, 64}});
  EXPECT_THAT(result.offsets, ElementsAre(0, 64));
}

// The residual stream lives through a layer, the rest comes and goes:
//   x  256 ======
//   q  128  ==
//   o  128    ==
//   h  256     ===
//   a  512       ==
TEST(MemoryPlanner, LayerWithResidual) {
  MemoryPlan result = plan({{0, 4, 256}, {1, 2, 128}, {2, 4, 128}, {4, 6, 256}, {5, 6, 512}});
  // a first at 0; x at 0 too (they never meet); h behind a; q behind x; o behind x and q.
  EXPECT_THAT(result.offsets, ElementsAre(0, 256, 384, 512, 0));
  EXPECT_EQ(result.arenaBytes, 768u);
  EXPECT_EQ(result.arenaBytes, peakLiveBytes(std::vector<BufferUsage>{{4, 6, 256}, {5, 6, 512}}));
}

// Placed so far: A at 0..512 and B at 512..768 all along, C at 768..896 while c lives. What comes
// last takes the smallest gap that it fits in, not the first.
TEST(MemoryPlanner, TakesTheSmallestGap) {
  // big: steps 0-1; at step 5 two holes are left between long-living buffers.
  std::vector<BufferUsage> usages = {
      {0, 9, 1024}, // 0:    0 .. 1024
      {0, 2, 512},  // 1: 1024 .. 1536, then free: a gap of 512
      {0, 9, 256},  // 2: 1536 .. 1792
      {0, 2, 192},  // 3: 1792 .. 1984, then free: a gap of 192
      {0, 9, 128},  // 4: 1984 .. 2112
      {5, 6, 120},  // 5: into the gap of 192
      {5, 6, 64},   // 6: into what is left of it
  };
  MemoryPlan result = plan(usages);
  EXPECT_THAT(result.offsets, ElementsAre(0, 1024, 1536, 1792, 1984, 1792, 1920));
  EXPECT_EQ(result.arenaBytes, 2112u);
}

// Equal sizes go in the order of first use, whatever their numbers are.
TEST(MemoryPlanner, OrderOfNumbersDoesNotMatter) {
  MemoryPlan result = plan({{2, 3, 64}, {1, 2, 64}, {0, 1, 64}});
  EXPECT_THAT(result.offsets, ElementsAre(0, 64, 0));
}

TEST(MemoryPlanner, EmptyBuffersTakeNoSpace) {
  MemoryPlan result = plan({{0, 9, 0}, {0, 9, 64}});
  EXPECT_EQ(result.arenaBytes, 64u);
}

TEST(MemoryPlanner, RefusesRangesThatEndBeforeTheyStart) {
  Expected<MemoryPlan> result = planMemory(std::vector<BufferUsage>{{0, 1, 64}, {3, 2, 64}});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), StatusCode::BadInput);
  EXPECT_THAT(result.status().message(), HasSubstr("buffer 1"));
}

TEST(MemoryPlanner, RefusesSumsThatDoNotFit) {
  const uint64_t huge = uint64_t(1) << 62;
  EXPECT_EQ(planMemory(std::vector<BufferUsage>{{0, 1, huge}, {0, 1, huge}}).status().code(),
            StatusCode::Resources);
  EXPECT_EQ(planMemory(std::vector<BufferUsage>{{0, 1, ~uint64_t(0)}}).status().code(),
            StatusCode::Resources);
}

TEST(MemoryPlanner, PeakCountsWhatIsAliveTogether) {
  EXPECT_EQ(peakLiveBytes(std::vector<BufferUsage>{{0, 1, 64}, {1, 2, 100}, {2, 3, 64}}), 192u);
}

// Many drawn at random: no two buffers that live together overlap, offsets are aligned, and the
// arena is at least the peak.
TEST(MemoryPlanner, NeverOverlaps) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<BufferUsage> usages(1 + random() % 60);
    for (BufferUsage &usage : usages) {
      usage.firstUse = int64_t(random() % 40);
      usage.lastUse = usage.firstUse + int64_t(random() % 10);
      usage.bytes = random() % 5000;
    }
    MemoryPlan result = plan(usages);
    EXPECT_GE(result.arenaBytes, peakLiveBytes(usages));
    for (size_t a = 0; a < usages.size(); ++a) {
      EXPECT_EQ(result.offsets[a] % 64, 0u);
      EXPECT_LE(result.offsets[a] + usages[a].bytes, result.arenaBytes);
      for (size_t b = 0; b < a; ++b) {
        const bool together =
            usages[a].firstUse <= usages[b].lastUse && usages[b].firstUse <= usages[a].lastUse;
        const bool apart = result.offsets[a] + usages[a].bytes <= result.offsets[b] ||
                           result.offsets[b] + usages[b].bytes <= result.offsets[a];
        EXPECT_TRUE(!together || apart) << "buffers " << a << " and " << b;
      }
    }
  }
}

} // namespace
} // namespace graphc
