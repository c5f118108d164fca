// Products of a provider, slice by slice: with one that multiplies by loops and can fail.
#include "runtime/exec/ProductRunner.h"

#include <array>
#include <atomic>
#include <cstring>
#include <gmock/gmock.h>
#include <mutex>
#include <set>
#include <vector>

using namespace graphc;
using testing::HasSubstr;

namespace {

constexpr int64_t kDepth = 6, kRowWidth = 8, kPanels = 2, kTasks = 7, kMaxRows = 50;
constexpr int64_t kTaskChannels = kPanels * 32, kChannels = kTasks * kTaskChannels;
constexpr uint64_t kSumsOffset = 64;

/// The provider: what it was asked for, and whether it does it.
struct {
  std::mutex mutex;
  std::multiset<std::pair<int64_t, int64_t>> created; ///< Rows and channels.
  std::atomic<int> alive = 0, runs = 0;
  bool canCreate = true;
  int failingRun = -1; ///< Of the runs, which fails.
} fake;

void *createProduct(const ProductShape *shape, char *message, uint64_t bytes) {
  std::lock_guard lock(fake.mutex);
  EXPECT_EQ(shape->depth, kDepth);
  EXPECT_EQ(shape->type, ElementType::F32);
  if (!fake.canCreate) {
    std::strncpy(message, "no such product", bytes);
    return nullptr;
  }
  fake.created.emplace(shape->rows, shape->channels);
  ++fake.alive;
  return new ProductShape(*shape);
}

void destroyProduct(void *product) {
  delete static_cast<ProductShape *>(product);
  --fake.alive;
}

bool runProduct(const void *product, const void *rows, const void *panels, float *sums) {
  const auto &shape = *static_cast<const ProductShape *>(product);
  const auto *x = static_cast<const float *>(rows), *w = static_cast<const float *>(panels);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(sums) % 64, 0u);
  for (int64_t m = 0; m < shape.rows; ++m)
    for (int64_t n = 0; n < shape.channels; ++n) {
      float sum = 0;
      for (int64_t k = 0; k < kDepth; ++k)
        sum += x[m * kDepth + k] * w[(n / 32 * kDepth + k) * 32 + n % 32];
      sums[m * shape.channels + n] = sum;
    }
  return fake.runs++ != fake.failingRun;
}

const ProductProvider kFake = {kProductAbi, [] { return "fake 1.0"; }, createProduct,
                               destroyProduct, runProduct};

/// Tasks [begin, end): their sums, negated, to the result's columns.
void epilogue(const int64_t *args, int64_t begin, int64_t end, void *scratch) {
  const auto *sums = reinterpret_cast<float *>(static_cast<std::byte *>(scratch) + kSumsOffset);
  auto *result = reinterpret_cast<float *>(args[kFirstOperand + 2]);
  const int64_t channels = (end - begin) * kTaskChannels;
  for (int64_t m = 0; m < args[kArgT]; ++m)
    for (int64_t n = 0; n < channels; ++n)
      result[m * kChannels + begin * kTaskChannels + n] -= sums[m * channels + n];
}

/// Memory of a dispatch: rows in the arena, packed panels, the result.
class ProductRunnerTest : public testing::Test {
protected:
  void SetUp() override {
    fake.created.clear();
    fake.runs = 0;
    fake.canCreate = true;
    fake.failingRun = -1;
    plan.provider = "fake";
    plan.depth = kDepth;
    plan.rowWidth = kRowWidth;
    plan.leastRows = 4;
    plan.denseRows = static_cast<uint64_t>(kMaxRows * kRowWidth * 4);
    plan.panels = kPanels;
    plan.slice = 3;
    plan.sumsOffset = kSumsOffset;
  }
  void TearDown() override { EXPECT_EQ(fake.alive, 0) << "products were not destroyed"; }

  float &row(int64_t m, int64_t k) { return arena[static_cast<size_t>(m * plan.rowWidth + k)]; }

  /// Numbers whose sums are exact: rows with other numbers in their gaps, panels of integers.
  void fill(int64_t count) {
    arena.assign(2 * kMaxRows * kRowWidth, -1e6f);
    for (int64_t m = 0; m < count; ++m)
      for (int64_t k = 0; k < kDepth; ++k)
        row(m, k) = static_cast<float>((m * 7 + k * 3) % 11 - 5);
    panels.resize(static_cast<size_t>(kChannels * kDepth));
    for (size_t i = 0; i < panels.size(); ++i)
      panels[i] = static_cast<float>(i * i % 13) - 6;
  }

  float expected(int64_t m, int64_t n) {
    float sum = 0;
    for (int64_t k = 0; k < kDepth; ++k)
      sum += row(m, k) * panels[static_cast<size_t>((n / 32 * kDepth + k) * 32 + n % 32)];
    return -sum;
  }

  Status run(ProductRunner &runner, int64_t count, int threads) {
    fill(count);
    result.assign(static_cast<size_t>(kMaxRows * kChannels), 0.0f);
    std::unique_ptr<ThreadPool> pool = *ThreadPool::create(threads);
    constexpr uint64_t kStride = kSumsOffset + kMaxRows * 3 * kTaskChannels * 4;
    std::vector<std::byte> scratch(kStride * static_cast<uint64_t>(threads) + 64);
    auto misaligned = reinterpret_cast<uintptr_t>(scratch.data()) % 64;
    std::array<int64_t, kFirstOperand + 3> args = {};
    args[kArgT] = count;
    args[kFirstOperand] = reinterpret_cast<int64_t>(arena.data());
    args[kFirstOperand + 1] = reinterpret_cast<int64_t>(panels.data());
    args[kFirstOperand + 2] = reinterpret_cast<int64_t>(result.data());
    return runner.run({args.data(), count, kTasks, reinterpret_cast<std::byte *>(arena.data()),
                       scratch.data() + (64 - misaligned) % 64, kStride},
                      *pool);
  }

  /// Every channel of every row once, and nothing of other rows.
  void expectResult(int64_t count) {
    for (int64_t m = 0; m < kMaxRows; ++m)
      for (int64_t n = 0; n < kChannels; ++n)
        ASSERT_EQ(result[static_cast<size_t>(m * kChannels + n)], m < count ? expected(m, n) : 0)
            << "row " << m << " of " << count << ", channel " << n;
  }

  PlanProduct plan;
  std::vector<float> arena, panels, result;
};

} // namespace

TEST_F(ProductRunnerTest, MultipliesRowsOfAnyNumberOnAnyThreads) {
  for (int64_t slice : {1, 2, 3})
    for (int threads : {1, 2, 3, 8})
      for (int64_t count : {4, 15, 16, 17, 33, 49, 50}) {
        plan.slice = slice;
        ProductRunner runner(kFake, plan, epilogue, kMaxRows);
        ASSERT_TRUE(run(runner, count, threads).ok());
        expectResult(count);
      }
}

TEST_F(ProductRunnerTest, RowsWithoutGapsAreTakenWhereTheyAre) {
  plan.rowWidth = kDepth;
  ProductRunner runner(kFake, plan, epilogue, kMaxRows);
  ASSERT_TRUE(run(runner, 20, 2).ok());
  expectResult(20);
  EXPECT_EQ(arena[plan.denseRows / 4], -1e6f) << "rows were copied";
}

TEST_F(ProductRunnerTest, ProductsAreMadeOncePerShape) {
  using Shapes = std::multiset<std::pair<int64_t, int64_t>>;
  ProductRunner runner(kFake, plan, epilogue, kMaxRows);
  ASSERT_TRUE(run(runner, 17, 1).ok()); // slices of 3, 3 and 1 tasks; rows in steps of 16
  EXPECT_EQ(fake.created, (Shapes{{32, 3 * kTaskChannels}, {32, kTaskChannels}}));
  EXPECT_EQ(fake.runs, 3);
  ASSERT_TRUE(run(runner, 32, 1).ok());
  EXPECT_EQ(fake.created.size(), 2u);
  ASSERT_TRUE(run(runner, 49, 1).ok()); // never more rows than there is memory for
  EXPECT_EQ(fake.created.count({kMaxRows, 3 * kTaskChannels}), 1u);
  EXPECT_EQ(fake.created.size(), 4u);
}

TEST_F(ProductRunnerTest, SmallSlicesGiveEveryThreadSome) {
  ProductRunner runner(kFake, plan, epilogue, kMaxRows);
  ASSERT_TRUE(run(runner, 16, 4).ok()); // 2, 2, 2 and 1 tasks
  EXPECT_EQ(fake.runs, 4);
  EXPECT_EQ(fake.created.count({16, 2 * kTaskChannels}), 1u);
}

TEST_F(ProductRunnerTest, FewRowsAreNotTaken) {
  ProductRunner runner(kFake, plan, epilogue, kMaxRows);
  EXPECT_FALSE(runner.takes(3));
  EXPECT_TRUE(runner.takes(4));
}

TEST_F(ProductRunnerTest, FailuresAreTold) {
  ProductRunner runner(kFake, plan, epilogue, kMaxRows);
  fake.failingRun = 1;
  Status failed = run(runner, 16, 2);
  EXPECT_EQ(failed.code(), StatusCode::Internal);
  EXPECT_THAT(failed.message(), HasSubstr("fake 1.0"));
  fake.canCreate = false;
  Status refused = run(runner, 33, 2);
  EXPECT_EQ(refused.code(), StatusCode::PlanMismatch);
  EXPECT_THAT(refused.message(), HasSubstr("no such product"));
  EXPECT_EQ(ProductRunner::create(plan, epilogue, kMaxRows).status().code(),
            StatusCode::PlanMismatch);
}
