// Flash attention against plain loops in double precision and against the reference, and its bits
// against themselves: a row alone, in a tile, in a chunk, beside other sequences.
#include "AttentionFixture.h"
#include "KernelReference.h"

#include <gtest/gtest.h>
#include <map>

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr int64_t kTokenBound = 80;
constexpr StepBounds kBounds{.tokens = kTokenBound, .rows = 1, .cached = 2048};
constexpr auto kF32 = ElementType::F32;
constexpr auto kBf16 = ElementType::BF16;
constexpr auto kI8 = ElementType::I8;

const AttentionConfig kConfigs[] = {
    {8, 2, 64},
    {8, 2, 64, kBf16, kBf16, kBf16},
    {4, 4, 8, kBf16, kBf16},
    {4, 4, 16},
    {8, 1, 80, kBf16, kBf16},
    {8, 1, 96},
    {4, 1, 80},
    {4, 2, 96, kBf16, kBf16, kBf16},
    {6, 2, 128, kBf16, kBf16},
    {8, 2, 16, kF32, kBf16},
    {8, 2, 16, kBf16, kF32},
    {8, 2, 64, kBf16, kBf16, kF32, 100},
    {4, 4, 16, kF32, kF32, kF32, 1},
    {8, 1, 8, kF32, kF32, kBf16, 513, 2.5f},
    {4, 2, 80, kBf16, kBf16, kF32, std::nullopt, 1.5f},
    {4, 2, 16, kF32, kF32, kF32, std::nullopt, std::nullopt, -0.3f},
    {8, 1, 64, kBf16, kI8},
    {8, 2, 64, kF32, kI8},
    {4, 4, 8, kBf16, kI8, kBf16},
    {4, 1, 80, kF32, kI8, kF32, 100},
    {6, 2, 24, kBf16, kI8, kF32, 513, 2.5f},
    {3, 3, 10, kF32, kI8},
    {6, 2, 128, kBf16, kI8},
};

class AttentionKernel : public testing::TestWithParam<std::tuple<std::string, size_t>> {
protected:
  const std::string &level() const { return std::get<0>(GetParam()); }
  const AttentionConfig &config() const { return kConfigs[std::get<1>(GetParam())]; }

  /// Kernels are kept: a test of each name wants every one.
  void SetUp() override {
    static std::map<std::tuple<std::string, size_t>, std::unique_ptr<KernelRunner>> kernels;
    std::unique_ptr<KernelRunner> &slot = kernels[GetParam()];
    if (!slot)
      slot = KernelRunner::compile(config().kernel(), level(), kBounds);
    kernel = slot.get();
    ASSERT_TRUE(kernel) << config();
    EXPECT_EQ(kernel->assembly().find("callq"), std::string::npos);
  }

  /// Rounded weights and, on a bf16 cache, products of bf16 numbers; else sums in f32.
  double roundingSlack() const { return config().query == kBf16 ? 8e-3 : 2e-5; }

  void expectExact(const AttentionCache &cache, const std::vector<AttentionRows> &rows) {
    AttentionStep step(cache, rows, kTokenBound);
    step.run(*kernel);
    double slack = roundingSlack();
    if (config().result == kBf16)
      slack += 8e-3;
    for (size_t t = 0; t < size_t(step.tokens()); ++t) {
      std::vector<double> exact = step.exactRow(t);
      for (size_t i = 0; i < exact.size(); ++i)
        ASSERT_NEAR(step.result.get({int64_t(t), int64_t(i)}), exact[i],
                    slack * (1 + std::abs(exact[i])))
            << config() << ", T " << step.tokens() << ", position " << step.arrays.position[t]
            << ", column " << i;
    }
    for (int64_t t = step.tokens(); t < kTokenBound; ++t)
      ASSERT_EQ(step.result.get({t, 0}), rounded(HostTensor::kUntouched, config().result));
  }

  KernelRunner *kernel = nullptr;
};

TEST_P(AttentionKernel, OneSequence) {
  // Every number of tokens up to 20, and a few of them at the borders of pages and pieces.
  AttentionCache page(config(), {65});
  for (int64_t tokens = 1; tokens <= 20; ++tokens)
    expectExact(page, {{0, 65 - tokens, 65}});
  for (int64_t length : {1, 63, 64, 512, 513, 600}) {
    AttentionCache cache(config(), {length});
    expectExact(cache, {{0, length - 1, length}});
    expectExact(cache, {{0, std::max<int64_t>(length - 3, 0), length}});
  }
  AttentionCache pieces(config(), {1100});
  expectExact(pieces, {{0, 1030, 1100}});
}

TEST_P(AttentionKernel, SeveralSequences) {
  AttentionCache cache(config(), {5, 65, 513, 1, 1100, 70, 64});
  expectExact(cache, {{0, 0, 5},
                      {1, 62, 65},
                      {2, 511, 513},
                      {3, 0, 1},
                      {4, 1099, 1100},
                      {5, 30, 70},
                      {6, 40, 64}});
}

TEST_P(AttentionKernel, Reference) {
  AttentionCache cache(config(), {5, 65, 513, 1, 1100, 70, 64});
  auto compare = [&](const std::vector<AttentionRows> &rows) {
    AttentionStep step(cache, rows, kTokenBound);
    step.run(*kernel);
    ASSERT_NO_FATAL_FAILURE(expectAsReference(*kernel, step.arrays, step.memory(), roundingSlack()))
        << config() << ", T " << step.tokens();
  };
  compare({{4, 1099, 1100}});                                      // decode
  compare({{5, 0, 70}});                                           // prefill
  compare({{0, 4, 5}, {1, 64, 65}, {2, 512, 513}, {3, 0, 1}});     // decode, batched
  compare({{1, 60, 65}, {2, 511, 513}, {5, 69, 70}, {6, 30, 64}}); // both at once
}

TEST_P(AttentionKernel, BitsOfARowDependOnNothingElse) {
  AttentionCache cache(config(), {540, 33, 1100});
  // 60 rows whose tiles have pages and pieces that some rows see and others do not.
  AttentionStep all(cache, {{0, 480, 540}}, kTokenBound);
  all.run(*kernel);
  auto expectSame = [&](const AttentionStep &step, size_t t, const char *how) {
    size_t row = size_t(step.arrays.position[t]) - 480;
    ASSERT_EQ(step.rowBits(t), all.rowBits(row)) << config() << ", " << how << ", row " << row;
  };

  AttentionStep cut(cache, {{0, 480, 540}}, kTokenBound);
  cut.run(*kernel, 5);
  for (size_t t = 0; t < 60; ++t)
    expectSame(cut, t, "tasks in five calls");
  for (int64_t position = 480; position < 540; ++position) {
    AttentionStep alone(cache, {{0, position, position + 1}}, kTokenBound);
    alone.run(*kernel);
    expectSame(alone, 0, "alone");
  }
  for (int64_t position = 480; position < 540; position += 7) {
    AttentionStep chunk(cache, {{0, position, std::min<int64_t>(position + 7, 540)}}, kTokenBound);
    chunk.run(*kernel);
    for (size_t t = 0; t < size_t(chunk.tokens()); ++t)
      expectSame(chunk, t, "in chunks of 7");
  }
  AttentionStep batch(cache, {{1, 30, 33}, {0, 490, 537}, {2, 1090, 1100}}, kTokenBound);
  batch.run(*kernel);
  for (size_t t = 3; t < 50; ++t)
    expectSame(batch, t, "beside other sequences");
}

TEST_P(AttentionKernel, SharesOfTheContextGiveTheSameBits) {
  AttentionCache cache(config(), {540, 33, 1100, 1537});
  for (const std::vector<AttentionRows> &rows :
       {std::vector<AttentionRows>{{3, 1536, 1537}},
        {{0, 539, 540}, {1, 32, 33}, {2, 1099, 1100}, {3, 1530, 1534}},
        {{3, 1532, 1537}}}) { // the last piece is one that some rows do not see
    AttentionStep whole(cache, rows, kTokenBound);
    if (whole.tokens() > kernel->emitted().tasks.block)
      continue; // the runtime does not cut the tasks of such a step
    whole.run(*kernel);
    for (int64_t shares : {2, 3, 7}) {
      AttentionStep step(cache, rows, kTokenBound);
      step.arrays.shares = shares;
      for (bool backwards : {false, true}) { // whichever share is the last one
        step.run(*kernel, 2, backwards);
        for (size_t t = 0; t < size_t(step.tokens()); ++t)
          ASSERT_EQ(step.rowBits(t), whole.rowBits(t))
              << config() << ", " << shares << " shares, row " << t;
      }
    }
  }
}

std::string testName(const testing::TestParamInfo<std::tuple<std::string, size_t>> &info) {
  return testNameOf(std::get<0>(info.param)) + "_" + std::to_string(std::get<1>(info.param));
}

/// Every target with every configuration, but f32 on AVX-512 only once: its code does not differ.
std::vector<std::tuple<std::string, size_t>> cases() {
  std::vector<std::tuple<std::string, size_t>> all;
  for (const std::string &level : availableTargets()) {
    for (size_t i = 0; i < std::size(kConfigs); ++i) {
      bool isBf16 = kConfigs[i].query == kBf16 && kConfigs[i].cache != kF32;
      if (!level.starts_with("x86-64-v4-bf16") || isBf16)
        all.emplace_back(level, i);
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Levels, AttentionKernel, testing::ValuesIn(cases()), testName);

} // namespace
