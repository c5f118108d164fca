// Every un-fused op against numbers computed by hand.
#include "ir/ReferenceTest.h"

#include <cmath>
#include <limits>

using namespace graphc;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::FloatNear;
using ::testing::Pointwise;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

class ReferenceOpsTest : public ReferenceTest {};

//===----------------------------------------------------------------------===//
// Constants and shapes
//===----------------------------------------------------------------------===//

TEST_F(ReferenceOpsTest, Constant) {
  const Tensor y = run1(R"mlir(
    func.func @f() -> tensor<2x2xbf16> {
      %y = graphc.constant dense<[[1.0, 2.0], [3.0, -0.5]]> : tensor<2x2xbf16>
      return %y : tensor<2x2xbf16>
    })mlir",
                        {});
  EXPECT_EQ(y, Tensor({2, 2}, {1, 2, 3, -0.5f}));
}

TEST_F(ReferenceOpsTest, ReshapeKeepsOrderAndDynamicExtents) {
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<?x4xf32>) -> tensor<2x?x2xf32> {
      %y = graphc.reshape %x : tensor<?x4xf32> -> tensor<2x?x2xf32>
      return %y : tensor<2x?x2xf32>
    })mlir",
                        {arg({3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})});
  EXPECT_EQ(y, Tensor({2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
}

TEST_F(ReferenceOpsTest, Transpose) {
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<2x3x2xf32>) -> tensor<3x2x2xf32> {
      %y = graphc.transpose %x [1, 2, 0] : tensor<2x3x2xf32> -> tensor<3x2x2xf32>
      return %y : tensor<3x2x2xf32>
    })mlir",
                        {arg({2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})});
  EXPECT_EQ(y, Tensor({3, 2, 2}, {0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11}));
}

TEST_F(ReferenceOpsTest, SliceOfAMiddleAxis) {
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<2x3x2xf32>) -> tensor<2x2x2xf32> {
      %y = graphc.slice %x axis 1 [1, 3] : tensor<2x3x2xf32> -> tensor<2x2x2xf32>
      return %y : tensor<2x2x2xf32>
    })mlir",
                        {arg({2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})});
  EXPECT_EQ(y, Tensor({2, 2, 2}, {2, 3, 4, 5, 8, 9, 10, 11}));
}

TEST_F(ReferenceOpsTest, ConcatOfColumns) {
  const Tensor y = run1(R"mlir(
    func.func @f(%a: tensor<?x2xf32>, %b: tensor<?x1xf32>) -> tensor<?x3xf32> {
      %y = graphc.concat %a, %b axis 1 : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x3xf32>
      return %y : tensor<?x3xf32>
    })mlir",
                        {arg({2, 2}, {1, 2, 3, 4}), arg({2, 1}, {5, 6})});
  EXPECT_EQ(y, Tensor({2, 3}, {1, 2, 5, 3, 4, 6}));
}

TEST_F(ReferenceOpsTest, RepeatPutsCopiesSideBySide) {
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<2x?xf32>) -> tensor<4x?xf32> {
      %y = graphc.repeat %x axis 0 times 2 : tensor<2x?xf32> -> tensor<4x?xf32>
      return %y : tensor<4x?xf32>
    })mlir",
                        {arg({2, 2}, {1, 2, 3, 4})});
  EXPECT_EQ(y, Tensor({4, 2}, {1, 2, 1, 2, 3, 4, 3, 4}));
}

TEST_F(ReferenceOpsTest, CastRoundsToNearestEven) {
  const Tensor y =
      run1(R"mlir(
    func.func @f(%x: tensor<4xf32>) -> tensor<4xbf16> {
      %y = graphc.cast %x : tensor<4xf32> -> tensor<4xbf16>
      return %y : tensor<4xbf16>
    })mlir",
           {arg({4}, {1 + 1.0f / 256, 1 + 3.0f / 256, 1 + 1.1f / 256, 3e38f * 1.13f})});
  EXPECT_EQ(y, Tensor({4}, {1, 1 + 4.0f / 256, 1 + 2.0f / 256, 3.38953139e38f}));
}

TEST_F(ReferenceOpsTest, CastToF16) {
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<3xf32>) -> tensor<3xf16> {
      %y = graphc.cast %x : tensor<3xf32> -> tensor<3xf16>
      return %y : tensor<3xf16>
    })mlir",
                        {arg({3}, {1 + 1.0f / 2048, 70000, 6e-8f})});
  EXPECT_EQ(y, Tensor({3}, {1, kInfinity, 5.9604645e-8f}));
}

TEST_F(ReferenceOpsTest, SelectRows) {
  stepData = StepData::make({{0, 0}, {0}}, {0, 0});
  stepData.outRows = {1, 2};
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<?x2xf32>, %s: !graphc.step) -> tensor<?x2xf32> {
      %y = graphc.select_rows %x, %s : tensor<?x2xf32> -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    })mlir",
                        {arg({3, 2}, {1, 2, 3, 4, 5, 6}), step()});
  EXPECT_EQ(y, Tensor({2, 2}, {3, 4, 5, 6}));
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

TEST_F(ReferenceOpsTest, BinaryOpsBroadcast) {
  const std::vector<Tensor> y =
      run(R"mlir(
    func.func @f(%a: tensor<?x2xf32>, %b: tensor<2xf32>, %c: tensor<?x1xf32>)
        -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
      %0 = graphc.add %a, %b : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
      %1 = graphc.sub %c, %a : (tensor<?x1xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
      %2 = graphc.mul %c, %b : (tensor<?x1xf32>, tensor<2xf32>) -> tensor<?x2xf32>
      %3 = graphc.div %a, %a : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
      return %0, %1, %2, %3 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
    })mlir",
          {arg({2, 2}, {1, 2, 3, 4}), arg({2}, {10, 20}), arg({2, 1}, {5, 6})});
  ASSERT_EQ(y.size(), 4u);
  EXPECT_EQ(y[0], Tensor({2, 2}, {11, 22, 13, 24}));
  EXPECT_EQ(y[1], Tensor({2, 2}, {4, 3, 3, 2}));
  EXPECT_EQ(y[2], Tensor({2, 2}, {50, 100, 60, 120}));
  EXPECT_EQ(y[3], Tensor({2, 2}, {1, 1, 1, 1}));
}

TEST_F(ReferenceOpsTest, ResultsAreRoundedOnce) {
  // 1 + 2^-8 + 2^-40 is above the middle between two bf16 numbers, but the middle itself in f32.
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<?x3xbf16>, %w: tensor<1x3xbf16>) -> tensor<?x1xbf16> {
      %y = graphc.linear %x, %w : (tensor<?x3xbf16>, tensor<1x3xbf16>) -> tensor<?x1xbf16>
      return %y : tensor<?x1xbf16>
    })mlir",
                        {arg({1, 3}, {1, 0x1p-8f, 0x1p-40f}), arg({1, 3}, {1, 1, 1})});
  EXPECT_EQ(y.values[0], 1 + 0x1p-7f);
}

TEST_F(ReferenceOpsTest, UnaryOps) {
  const std::vector<Tensor> y = run(R"mlir(
    func.func @f(%x: tensor<2xf32>)
        -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
      %0 = graphc.scale %x by -0.5 : tensor<2xf32>
      %1 = graphc.relu %x : tensor<2xf32>
      %2 = graphc.silu %x : tensor<2xf32>
      %3 = graphc.tanh %x : tensor<2xf32>
      %4 = graphc.gelu erf %x : tensor<2xf32>
      %5 = graphc.gelu tanh %x : tensor<2xf32>
      return %0, %1, %2, %3, %4, %5
          : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
    })mlir",
                                    {arg({2}, {1, -2})});
  ASSERT_EQ(y.size(), 6u);
  EXPECT_THAT(y[0].values, ElementsAre(-0.5f, 1));
  EXPECT_THAT(y[1].values, ElementsAre(1, 0));
  EXPECT_THAT(y[2].values, Pointwise(FloatNear(1e-7f), {0.731058579f, -0.238405844f}));
  EXPECT_THAT(y[3].values, Pointwise(FloatNear(1e-7f), {0.761594156f, -0.964027580f}));
  EXPECT_THAT(y[4].values, Pointwise(FloatNear(1e-7f), {0.841344746f, -0.0455002639f}));
  EXPECT_THAT(y[5].values, Pointwise(FloatNear(1e-6f), {0.841191991f, -0.0454023059f}));
}

TEST_F(ReferenceOpsTest, Rsqrt) {
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = graphc.rsqrt %x : tensor<2xf32>
      return %y : tensor<2xf32>
    })mlir",
                        {arg({2}, {4, 0.0625f})});
  EXPECT_THAT(y.values, ElementsAre(0.5f, 4));
}

//===----------------------------------------------------------------------===//
// Embedding, norms, products
//===----------------------------------------------------------------------===//

TEST_F(ReferenceOpsTest, Embedding) {
  stepData = StepData::make({{2, 0}}, {0});
  const Tensor y = run1(R"mlir(
    func.func @f(%t: tensor<3x2xbf16>, %s: !graphc.step) -> tensor<?x2xf32> {
      %y = graphc.embedding %t, %s : tensor<3x2xbf16> -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    })mlir",
                        {arg({3, 2}, {1, 2, 3, 4, 5, 6}), step()});
  EXPECT_EQ(y, Tensor({2, 2}, {5, 6, 1, 2}));
}

TEST_F(ReferenceOpsTest, EmbeddingRefusesTokensBeyondTheTable) {
  stepData = StepData::make({{3}}, {0});
  mlir::OwningOpRef<mlir::ModuleOp> module = parse(R"mlir(
    func.func @f(%t: tensor<3x2xf32>, %s: !graphc.step) -> tensor<?x2xf32> {
      %y = graphc.embedding %t, %s : tensor<3x2xf32> -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    })mlir");
  Evaluator evaluator(*module, nullptr);
  auto y = evaluator.run(first<mlir::func::FuncOp>(*module),
                         {arg({3, 2}, {1, 2, 3, 4, 5, 6}), step()}, stepData, cache);
  ASSERT_FALSE(y.ok());
  EXPECT_EQ(y.status().code(), StatusCode::Usage);
  EXPECT_THAT(y.status().message(), ::testing::HasSubstr("token 3"));
}

TEST_F(ReferenceOpsTest, MeanAndNorms) {
  const std::vector<Tensor> y = run(R"mlir(
    func.func @f(%x: tensor<?x2xf32>, %g: tensor<2xf32>, %b: tensor<2xf32>)
        -> (tensor<?x1xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
      %0 = graphc.mean %x : tensor<?x2xf32> -> tensor<?x1xf32>
      %1 = graphc.rms_norm %x, %g eps 3.0 : tensor<?x2xf32>, tensor<2xf32>
      %2 = graphc.layer_norm %x, %g eps 8.0 : tensor<?x2xf32>, tensor<2xf32>
      %3 = graphc.layer_norm %x, %g, %b eps 8.0 : tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>
      return %0, %1, %2, %3 : tensor<?x1xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
    })mlir",
                                    {arg({1, 2}, {1, 3}), arg({2}, {2, 10}), arg({2}, {100, 200})});
  ASSERT_EQ(y.size(), 4u);
  EXPECT_EQ(y[0], Tensor({1, 1}, {2}));
  // mean of squares 5, + 3 = 8; variance 1, + 8 = 9.
  const float r = static_cast<float>(1 / std::sqrt(8.0));
  EXPECT_THAT(y[1].values, Pointwise(FloatNear(1e-6f), {2 * r, 30 * r}));
  EXPECT_THAT(y[2].values, Pointwise(FloatNear(1e-6f), {-2.0f / 3, 10.0f / 3}));
  EXPECT_THAT(y[3].values, Pointwise(FloatNear(1e-5f), {100 - 2.0f / 3, 200 + 10.0f / 3}));
}

TEST_F(ReferenceOpsTest, Linear) {
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<?x2xf32>, %w: tensor<3x2xf32>) -> tensor<?x3xf32> {
      %y = graphc.linear %x, %w : (tensor<?x2xf32>, tensor<3x2xf32>) -> tensor<?x3xf32>
      return %y : tensor<?x3xf32>
    })mlir",
                        {arg({2, 2}, {1, 2, 3, 4}), arg({3, 2}, {1, 0, 0, 1, 1, -1})});
  EXPECT_EQ(y, Tensor({2, 3}, {1, 2, -1, 3, 4, -1}));
}

TEST_F(ReferenceOpsTest, Matmul) {
  const std::vector<Tensor> y =
      run(R"mlir(
    func.func @f(%a: tensor<?x2xf32>, %b: tensor<2x3xf32>, %c: tensor<3x2xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>) {
      %0 = graphc.matmul %a, %b : (tensor<?x2xf32>, tensor<2x3xf32>) -> tensor<?x3xf32>
      %1 = graphc.matmul %a, %c transpose_b : (tensor<?x2xf32>, tensor<3x2xf32>) -> tensor<?x3xf32>
      return %0, %1 : tensor<?x3xf32>, tensor<?x3xf32>
    })mlir",
          {arg({1, 2}, {1, 2}), arg({2, 3}, {1, 2, 3, 4, 5, 6}), arg({3, 2}, {1, 4, 2, 5, 3, 6})});
  ASSERT_EQ(y.size(), 2u);
  EXPECT_EQ(y[0], Tensor({1, 3}, {9, 12, 15}));
  EXPECT_EQ(y[1], y[0]);
}

TEST_F(ReferenceOpsTest, BatchMatmulBroadcastsStacks) {
  const Tensor y =
      run1(R"mlir(
    func.func @f(%a: tensor<2x2x1x2xf32>, %b: tensor<2x1x2x1xf32>) -> tensor<2x2x1x1xf32> {
      %y = graphc.batch_matmul %a, %b : (tensor<2x2x1x2xf32>, tensor<2x1x2x1xf32>) -> tensor<2x2x1x1xf32>
      return %y : tensor<2x2x1x1xf32>
    })mlir",
           {arg({2, 2, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8}), arg({2, 1, 2, 1}, {1, 10, 100, 1000})});
  EXPECT_EQ(y, Tensor({2, 2, 1, 1}, {21, 43, 6500, 8700}));
}

//===----------------------------------------------------------------------===//
// Attention by its parts
//===----------------------------------------------------------------------===//

TEST_F(ReferenceOpsTest, RopeRotatesHalvesByPosition) {
  stepData = StepData::make({{0, 0}}, {1});
  // Positions 1 and 2; the table's rows are angles 0, 90 and 180 degrees for both pairs.
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<1x?x4xf32>, %t: tensor<3x4xf32>, %s: !graphc.step) -> tensor<1x?x4xf32> {
      %y = graphc.rope %x, %t, %s : tensor<1x?x4xf32>, tensor<3x4xf32>
      return %y : tensor<1x?x4xf32>
    })mlir",
                        {arg({1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}),
                         arg({3, 4}, {1, 1, 0, 0, 0, 0, 1, 1, -1, -1, 0, 0}), step()});
  EXPECT_EQ(y, Tensor({1, 2, 4}, {-3, -4, 1, 2, -5, -6, -7, -8}));
}

TEST_F(ReferenceOpsTest, SoftCap) {
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<3xf32>) -> tensor<3xf32> {
      %y = graphc.soft_cap %x cap 2.0 : tensor<3xf32>
      return %y : tensor<3xf32>
    })mlir",
                        {arg({3}, {0, 2, 1000})});
  EXPECT_THAT(y.values, Pointwise(FloatNear(1e-6f), {0.0f, 1.523188312f, 2.0f}));
}

TEST_F(ReferenceOpsTest, MaskComparesSequenceAndPosition) {
  // Sequence 0 has 1 row before and adds 2, sequence 1 adds 1: columns (0,0) (0,1) (0,2) (1,0).
  stepData = StepData::make({{0, 0}, {0}}, {1, 0});
  const RuntimeValue scores = arg({1, 3, 4}, std::vector<float>(12, 1));
  const std::vector<Tensor> y = run(R"mlir(
    func.func @f(%x: tensor<1x?x?xf32>, %s: !graphc.step) -> (tensor<1x?x?xf32>, tensor<1x?x?xf32>) {
      %0 = graphc.mask causal %x, %s : tensor<1x?x?xf32>
      %1 = graphc.mask causal window 2 %x, %s : tensor<1x?x?xf32>
      return %0, %1 : tensor<1x?x?xf32>, tensor<1x?x?xf32>
    })mlir",
                                    {scores, step()});
  ASSERT_EQ(y.size(), 2u);
  const float n = -kInfinity;
  EXPECT_THAT(y[0].values, ElementsAre(1, 1, n, n, 1, 1, 1, n, n, n, n, 1));
  EXPECT_THAT(y[1].values, ElementsAre(1, 1, n, n, n, 1, 1, n, n, n, n, 1));
}

TEST_F(ReferenceOpsTest, SoftmaxOfEachAxis) {
  const float l = std::log(3.0f), n = -kInfinity;
  const std::vector<Tensor> y = run(R"mlir(
    func.func @f(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
      %0 = graphc.softmax %x axis 0 : tensor<2x3xf32>
      %1 = graphc.softmax %x axis 1 : tensor<2x3xf32>
      return %0, %1 : tensor<2x3xf32>, tensor<2x3xf32>
    })mlir",
                                    {arg({2, 3}, {0, l, n, n, n, n})});
  ASSERT_EQ(y.size(), 2u);
  EXPECT_THAT(y[0].values, ElementsAre(1, 1, 0, 0, 0, 0));
  EXPECT_THAT(y[1].values, Pointwise(FloatNear(1e-6f), {0.25f, 0.75f, 0.0f, 0.0f, 0.0f, 0.0f}));
}

TEST_F(ReferenceOpsTest, CacheKeepsRowsOfSequencesInOrder) {
  constexpr const char *kAppendAndRead = R"mlir(
    func.func @f(%kv: !graphc.kv_cache<2x1xbf16>, %s: !graphc.step, %k: tensor<2x?x1xf32>, %v: tensor<2x?x1xf32>)
        -> (tensor<2x?x1xf32>, tensor<2x?x1xf32>) {
      graphc.kv_append %kv, %s, %k, %v : !graphc.kv_cache<2x1xbf16>, tensor<2x?x1xf32>, tensor<2x?x1xf32>
      %0, %1 = graphc.kv_read %kv, %s : !graphc.kv_cache<2x1xbf16> -> tensor<2x?x1xf32>, tensor<2x?x1xf32>
      return %0, %1 : tensor<2x?x1xf32>, tensor<2x?x1xf32>
    })mlir";
  stepData = StepData::make({{0}, {0, 0}}, {0, 0});
  std::vector<Tensor> y =
      run(kAppendAndRead, {cacheOf(0), step(), arg({2, 3, 1}, {1, 2, 3, 4, 5, 6}),
                           arg({2, 3, 1}, {10, 20, 30, 40, 50, 60})});
  ASSERT_EQ(y.size(), 2u);
  EXPECT_EQ(y[0], Tensor({2, 3, 1}, {1, 2, 3, 4, 5, 6}));
  // A second step: one more token each. 1.001 is rounded to the cache's bf16.
  stepData = StepData::make({{0}, {0}}, {1, 2});
  y = run(kAppendAndRead, {cacheOf(0), step(), arg({2, 2, 1}, {7, 8, 9, 1.001f}),
                           arg({2, 2, 1}, {70, 80, 90, 95})});
  ASSERT_EQ(y.size(), 2u);
  EXPECT_EQ(y[0], Tensor({2, 5, 1}, {1, 7, 2, 3, 8, 4, 9, 5, 6, 1}));
  EXPECT_EQ(y[1], Tensor({2, 5, 1}, {10, 70, 20, 30, 80, 40, 90, 50, 60, 95}));
}

TEST_F(ReferenceOpsTest, ReadRefusesRowsThatWereNotAppended) {
  stepData = StepData::make({{0}}, {4});
  mlir::OwningOpRef<mlir::ModuleOp> module = parse(R"mlir(
    func.func @f(%kv: !graphc.kv_cache<1x1xf32>, %s: !graphc.step) -> tensor<1x?x1xf32> {
      %0, %1 = graphc.kv_read %kv, %s : !graphc.kv_cache<1x1xf32> -> tensor<1x?x1xf32>, tensor<1x?x1xf32>
      return %0 : tensor<1x?x1xf32>
    })mlir");
  Evaluator evaluator(*module, nullptr);
  auto y = evaluator.run(first<mlir::func::FuncOp>(*module), {cacheOf(3), step()}, stepData, cache);
  ASSERT_FALSE(y.ok());
  EXPECT_THAT(y.status().message(),
              ::testing::HasSubstr("position 0 has not been appended to the cache of layer 3"));
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

TEST_F(ReferenceOpsTest, RopeTable) {
  const Tensor y = run1(R"mlir(
    func.func @f() -> tensor<3x4xf32> {
      %y = graphc.rope_table [1.0, 0.5] : tensor<3x4xf32>
      return %y : tensor<3x4xf32>
    })mlir",
                        {});
  std::vector<float> expected;
  for (double p : {0.0, 1.0, 2.0})
    for (double value : {std::cos(p), std::cos(p / 2), std::sin(p), std::sin(p / 2)})
      expected.push_back(static_cast<float>(value));
  EXPECT_THAT(y.values, ElementsAreArray(expected));
}

TEST_F(ReferenceOpsTest, RopeAnglesAreRoundedAsInTheModelsOwnCode) {
  const Tensor y = run1(R"mlir(
    func.func @f() -> tensor<30001x2xf32> {
      %y = graphc.rope_table [0.1] : tensor<30001x2xf32>
      return %y : tensor<30001x2xf32>
    })mlir",
                        {});
  const float angle = 30000.0f * 0.1f; // f32(0.1) is above 0.1, the product is rounded back
  EXPECT_EQ(angle, 3000.0f);
  EXPECT_EQ(y.values[60000], static_cast<float>(std::cos(3000.0)));
  EXPECT_EQ(y.values[60001], static_cast<float>(std::sin(3000.0)));
  EXPECT_NE(y.values[60000], static_cast<float>(std::cos(30000.0 * double(0.1f))));
}

TEST_F(ReferenceOpsTest, PackPutsChannelsSideBySide) {
  // 2 rows of 3 in bf16: K is padded to 4, pairs of K stand together.
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<2x3xbf16>) -> tensor<1x2x32x2xbf16> {
      %y = graphc.pack %x : tensor<2x3xbf16> -> tensor<1x2x32x2xbf16>
      return %y : tensor<1x2x32x2xbf16>
    })mlir",
                        {arg({2, 3}, {1, 2, 3, 4, 5, 6})});
  Tensor expected({1, 2, 32, 2});
  expected.values[0] = 1, expected.values[1] = 2, expected.values[2] = 4, expected.values[3] = 5;
  expected.values[64] = 3, expected.values[66] = 6;
  EXPECT_EQ(y, expected);
}

TEST_F(ReferenceOpsTest, PackInterleavesHalves) {
  // One group of two halves of 20 rows: padded to 32 each, so two panels of 16 + 16.
  std::vector<float> rows(40);
  for (int i = 0; i < 40; ++i)
    rows[i] = static_cast<float>(i + 1);
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<40xf32>) -> tensor<64xf32> {
      %y = graphc.pack %x groups 1 : tensor<40xf32> -> tensor<64xf32>
      return %y : tensor<64xf32>
    })mlir",
                        {arg({40}, rows)});
  std::vector<float> expected(64);
  for (int i = 0; i < 16; ++i) {
    expected[i] = rows[i];
    expected[16 + i] = rows[20 + i];
  }
  for (int i = 0; i < 4; ++i) {
    expected[32 + i] = rows[16 + i];
    expected[48 + i] = rows[36 + i];
  }
  EXPECT_THAT(y.values, ElementsAreArray(expected));
}

TEST_F(ReferenceOpsTest, LinearReadsPackedWeightsAndPaddedRows) {
  const RuntimeValue x = random({2, 5}, 1), w = random({40, 5}, 2);
  Tensor padded({2, 8});
  for (int64_t t = 0; t < 2; ++t)
    std::ranges::copy(std::get<TensorPtr>(x)->row(t), padded.row(t).begin());
  const std::vector<Tensor> y = run(R"mlir(
    func.func @f(%x: tensor<?x5xf32>, %p: tensor<?x8xf32>, %w: tensor<40x5xf32>) -> (tensor<?x40xf32>, tensor<?x40xf32>) {
      %0 = graphc.linear %x, %w : (tensor<?x5xf32>, tensor<40x5xf32>) -> tensor<?x40xf32>
      %1 = graphc.pack %w : tensor<40x5xf32> -> tensor<2x5x32x1xf32>
      %2 = graphc.linear %p, %1 : (tensor<?x8xf32>, tensor<2x5x32x1xf32>) -> tensor<?x40xf32>
      return %0, %2 : tensor<?x40xf32>, tensor<?x40xf32>
    })mlir",
                                    {x, std::make_shared<const Tensor>(padded), w});
  ASSERT_EQ(y.size(), 2u);
  EXPECT_EQ(y[0], y[1]);
}

} // namespace
