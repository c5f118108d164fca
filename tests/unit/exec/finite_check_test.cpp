// The search for numbers that are not finite: what a step wrote, and nothing else.
#include "runtime/exec/FiniteCheck.h"

#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

using namespace graphc;

namespace {

constexpr int64_t kMaxTokens = 4, kTokens = 3;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// A step of three tokens, of at most four.
class FiniteCheckTest : public testing::Test {
protected:
  void SetUp() override {
    plan.maxTokens = kMaxTokens;
    plan.context = 64;
    plan.model.vocabulary = 10;
    plan.kvLayers = {{.heads = 1, .headDim = 16, .elementType = ElementType::F32}};
    Expected<KvCache> made = KvCache::create(plan.kvLayers, 1);
    ASSERT_TRUE(made.ok());
    cache = *std::move(made);
    step.emplace(plan, 1);
    std::vector<int32_t> tokens = {1, 2, 3};
    StepSequence part{cache.createSequence(), tokens, WantedRows::None};
    ASSERT_TRUE(cache.append(part.sequence, kTokens).ok());
    step->fill({&part, 1}, cache);
  }

  bool isFinite(const PlanResult &result, const std::vector<float> &memory) {
    return FiniteCheck(plan, *step, cache)
        .isFinite(result, reinterpret_cast<const std::byte *>(memory.data()));
  }

  PlanHeader plan;
  KvCache cache;
  std::optional<StepInputs> step;
};

} // namespace

TEST_F(FiniteCheckTest, FloatsAreLookedAtWhereTheStepWroteThem) {
  PlanResult rows{ElementType::F32, {{PlanDim::T}, {PlanDim::One, 5}}};
  for (float broken : {kNan, kInfinity, -kInfinity})
    for (size_t at = 0; at < kMaxTokens * 5; ++at) {
      std::vector<float> memory(kMaxTokens * 5, 1.0f);
      memory[at] = broken;
      EXPECT_EQ(isFinite(rows, memory), at >= kTokens * 5) << broken << " at " << at;
    }
}

/// Rows of 96 numbers in groups of 48 and spans of 16: 24 words of integers, 2 scales, 6 sums.
TEST_F(FiniteCheckTest, QuantizedRowsAreLookedAtByTheirScales) {
  constexpr size_t kRowWords = 32;
  PlanResult rows{ElementType::I8, {{PlanDim::T}, {PlanDim::One, kRowWords * 4}}, 96, 2};
  for (float broken : {kNan, -kNan, kInfinity})
    for (size_t at = 0; at < kMaxTokens * kRowWords; ++at) {
      std::vector<float> memory(kMaxTokens * kRowWords, 1.0f);
      memory[at] = broken; // integers and sums of any bits are fine
      bool isScale = at % kRowWords >= 24 && at % kRowWords < 26;
      bool written = at < kTokens * kRowWords;
      EXPECT_EQ(isFinite(rows, memory), !isScale || !written) << broken << " at " << at;
    }
}
