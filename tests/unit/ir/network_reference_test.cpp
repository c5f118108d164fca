// A whole small network, un-fused: however its tokens are cut into steps and whatever runs beside
// them, the logits are the same.
#include "ir/ReferenceTest.h"

using namespace graphc;
using namespace mlir;

namespace {

/// Two layers, hidden 8, 4 heads on 2 of 2, ffn 12, vocabulary 10.
constexpr const char *kNetwork = R"mlir(
graphc.weight @embed[%l in 1] : tensor<10x8xf32> {
  %0 = graphc.checkpoint "embed"[%l] : tensor<10x8xf32>
  graphc.yield %0 : tensor<10x8xf32>
}
graphc.weight @norm[%l in 2] : tensor<8xf32> {
  %0 = graphc.checkpoint "{layer}.norm"[%l] : tensor<8xf32>
  graphc.yield %0 : tensor<8xf32>
}
graphc.weight @qkv[%l in 2] : tensor<16x8xf32> {
  %0 = graphc.checkpoint "{layer}.q"[%l] : tensor<8x8xf32>
  %1 = graphc.checkpoint "{layer}.kv"[%l] : tensor<8x8xf32>
  %2 = graphc.concat %0, %1 axis 0 : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<16x8xf32>
  graphc.yield %2 : tensor<16x8xf32>
}
graphc.weight @o[%l in 2] : tensor<8x8xf32> {
  %0 = graphc.checkpoint "{layer}.o"[%l] : tensor<8x8xf32>
  graphc.yield %0 : tensor<8x8xf32>
}
graphc.weight @rope[%l in 1] : tensor<16x2xf32> {
  %0 = graphc.rope_table [1.0] : tensor<16x2xf32>
  graphc.yield %0 : tensor<16x2xf32>
}
func.func private @layer(%x: tensor<?x8xf32>, %step: !graphc.step, %kv: !graphc.kv_cache<2x2xf32>, %layer: index) -> tensor<?x8xf32> {
  %zero = arith.constant 0 : index
  %g = graphc.param @norm[%layer] : tensor<8xf32>
  %wqkv = graphc.param @qkv[%layer] : tensor<16x8xf32>
  %wo = graphc.param @o[%layer] : tensor<8x8xf32>
  %table = graphc.param @rope[%zero] : tensor<16x2xf32>
  %n = graphc.rms_norm %x, %g eps 1.0e-5 : tensor<?x8xf32>, tensor<8xf32>
  %z = graphc.linear %n, %wqkv : (tensor<?x8xf32>, tensor<16x8xf32>) -> tensor<?x16xf32>
  %h = graphc.reshape %z : tensor<?x16xf32> -> tensor<?x8x2xf32>
  %t = graphc.transpose %h [1, 0, 2] : tensor<?x8x2xf32> -> tensor<8x?x2xf32>
  %q0 = graphc.slice %t axis 0 [0, 4] : tensor<8x?x2xf32> -> tensor<4x?x2xf32>
  %k0 = graphc.slice %t axis 0 [4, 6] : tensor<8x?x2xf32> -> tensor<2x?x2xf32>
  %v0 = graphc.slice %t axis 0 [6, 8] : tensor<8x?x2xf32> -> tensor<2x?x2xf32>
  %q = graphc.rope %q0, %table, %step : tensor<4x?x2xf32>, tensor<16x2xf32>
  %k1 = graphc.rope %k0, %table, %step : tensor<2x?x2xf32>, tensor<16x2xf32>
  graphc.kv_append %kv, %step, %k1, %v0 : !graphc.kv_cache<2x2xf32>, tensor<2x?x2xf32>, tensor<2x?x2xf32>
  %k2, %v2 = graphc.kv_read %kv, %step : !graphc.kv_cache<2x2xf32> -> tensor<2x?x2xf32>, tensor<2x?x2xf32>
  %k = graphc.repeat %k2 axis 0 times 2 : tensor<2x?x2xf32> -> tensor<4x?x2xf32>
  %v = graphc.repeat %v2 axis 0 times 2 : tensor<2x?x2xf32> -> tensor<4x?x2xf32>
  %s0 = graphc.batch_matmul %q, %k transpose_b : (tensor<4x?x2xf32>, tensor<4x?x2xf32>) -> tensor<4x?x?xf32>
  %s1 = graphc.scale %s0 by 0.7 : tensor<4x?x?xf32>
  %s2 = graphc.mask causal %s1, %step : tensor<4x?x?xf32>
  %p = graphc.softmax %s2 axis 2 : tensor<4x?x?xf32>
  %o0 = graphc.batch_matmul %p, %v : (tensor<4x?x?xf32>, tensor<4x?x2xf32>) -> tensor<4x?x2xf32>
  %o1 = graphc.transpose %o0 [1, 0, 2] : tensor<4x?x2xf32> -> tensor<?x4x2xf32>
  %o2 = graphc.reshape %o1 : tensor<?x4x2xf32> -> tensor<?x8xf32>
  %o3 = graphc.linear %o2, %wo : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %y = graphc.add %x, %o3 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
func.func @step(%step: !graphc.step) -> tensor<?x10xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %kv0 = graphc.kv_layer 0 : !graphc.kv_cache<2x2xf32>
  %kv1 = graphc.kv_layer 1 : !graphc.kv_cache<2x2xf32>
  %table = graphc.param @embed[%zero] : tensor<10x8xf32>
  %x = graphc.embedding %table, %step : tensor<10x8xf32> -> tensor<?x8xf32>
  %y = func.call @layer(%x, %step, %kv0, %zero) : (tensor<?x8xf32>, !graphc.step, !graphc.kv_cache<2x2xf32>, index) -> tensor<?x8xf32>
  %z = func.call @layer(%y, %step, %kv1, %one) : (tensor<?x8xf32>, !graphc.step, !graphc.kv_cache<2x2xf32>, index) -> tensor<?x8xf32>
  %r = graphc.select_rows %z, %step : tensor<?x8xf32> -> tensor<?x8xf32>
  %l = graphc.linear %r, %table : (tensor<?x8xf32>, tensor<10x8xf32>) -> tensor<?x10xf32>
  return %l : tensor<?x10xf32>
})mlir";

class NetworkReferenceTest : public ReferenceTest {
protected:
  NetworkReferenceTest() : module(parse(kNetwork)), evaluator(*module, &weights) {
    add("embed", {10, 8});
    for (std::string layer : {"0", "1"}) {
      add(layer + ".norm", {8});
      for (const char *name : {".q", ".kv", ".o"})
        add(layer + name, {8, 8});
    }
  }

  void add(const std::string &name, const Shape &shape) {
    weights.add(name, shape, std::get<TensorPtr>(random(shape, ++seed, 0.5f))->values);
  }

  Tensor runStep(const StepData &data) {
    auto logits = evaluator.runStep(data, cache);
    EXPECT_TRUE(logits.ok()) << logits.status().message();
    return logits ? *logits : Tensor();
  }

  unsigned seed = 0;
  OwningOpRef<ModuleOp> module;
  Evaluator evaluator;
};

TEST_F(NetworkReferenceTest, LogitsDoNotDependOnChunksAndNeighbours) {
  ASSERT_TRUE(module) << diagnostics;
  const Tensor whole = runStep(StepData::make({{3, 1, 4, 1, 5}}, {0}));
  ASSERT_EQ(whole.shape, (Shape{5, 10}));

  cache = KvStore();
  std::vector<float> pieces;
  for (auto [tokens, before] : {std::pair(std::vector<int32_t>{3, 1}, 0), {{4}, 2}, {{1, 5}, 3}}) {
    const Tensor part = runStep(StepData::make({tokens}, {before}));
    pieces.insert(pieces.end(), part.values.begin(), part.values.end());
  }
  EXPECT_EQ(pieces, whole.values);

  cache = KvStore();
  runStep(StepData::make({{9, 9}, {3, 1, 4}}, {0, 0}));
  StepData step = StepData::make({{2}, {1, 5}}, {2, 3});
  step.outRows = {2};
  const Tensor last = runStep(step);
  ASSERT_EQ(last.shape, (Shape{1, 10}));
  EXPECT_EQ(last.values, std::vector<float>(whole.row(4).begin(), whole.row(4).end()));
}

TEST_F(NetworkReferenceTest, EarlierTokensMatter) {
  const Tensor a = runStep(StepData::make({{3, 1}}, {0}));
  cache = KvStore();
  const Tensor b = runStep(StepData::make({{4, 1}}, {0}));
  EXPECT_NE(std::vector(a.row(1).begin(), a.row(1).end()),
            std::vector(b.row(1).begin(), b.row(1).end()));
}

TEST_F(NetworkReferenceTest, RefusesStepsThatDoNotFit) {
  StepData step = StepData::make({{3, 1}}, {0});
  step.position[1] = 7;
  auto logits = evaluator.runStep(step, cache);
  ASSERT_FALSE(logits.ok());
  EXPECT_EQ(logits.status().code(), StatusCode::Usage);
}

} // namespace
