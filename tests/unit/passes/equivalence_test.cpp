// What the passes make of a network computes what the network computes, with and without each pass.
#include "passes/EquivalenceFixture.h"

namespace graphc {
namespace {

ModelConfig smallLlama() {
  ModelConfig config;
  config.vocabSize = 37;
  config.hiddenSize = 20;
  config.intermediateSize = 27;
  config.layers = 2;
  config.heads = 4;
  config.kvHeads = 2;
  config.headDim = 6;
  config.maxPositions = 32;
  config.normEpsilon = 1e-5;
  return config;
}

TEST_F(EquivalenceTest, Fused) { expectEqual(smallLlama(), {}, 1e-5); }

TEST_F(EquivalenceTest, Unfused) { expectEqual(smallLlama(), {.optLevel = OptLevel::O0}, 1e-6); }

TEST_F(EquivalenceTest, EveryPassLeftOut) {
  for (const std::string &name : optionalPassNames()) {
    SCOPED_TRACE(name);
    expectEqual(smallLlama(), {.disabledPasses = {name}}, 1e-5);
  }
}

TEST_F(EquivalenceTest, BiasesAndTiedEmbeddings) {
  ModelConfig config = smallLlama();
  config.attentionBias = config.mlpBias = config.tiedEmbeddings = true;
  config.activation = HiddenActivation::GeluTanh;
  expectEqual(config, {}, 1e-5);
  expectEqual(config, {.disabledPasses = {"join-matmuls"}}, 1e-5);
}

TEST_F(EquivalenceTest, OneKeyHeadAndOneForEachQuery) {
  for (int64_t kvHeads : {1, 4}) {
    ModelConfig config = smallLlama();
    config.kvHeads = kvHeads;
    expectEqual(config, {}, 1e-5);
  }
}

TEST_F(EquivalenceTest, GammaInTheWeights) {
  expectEqual(smallLlama(), {.gamma = GammaForm::Weight}, 1e-5);
}

TEST_F(EquivalenceTest, NarrowTypes) {
  for (auto [dtype, kvCache] : {std::pair(Precision::BF16, CachePrecision::BF16),
                                std::pair(Precision::BF16, CachePrecision::F32),
                                std::pair(Precision::F32, CachePrecision::BF16),
                                std::pair(Precision::BF16, CachePrecision::I8),
                                std::pair(Precision::F32, CachePrecision::I8)})
    for (OptLevel level : {OptLevel::O2, OptLevel::O0})
      expectEqual(smallLlama(), {.dtype = dtype, .kvCache = kvCache, .optLevel = level}, 5e-2);
}

} // namespace
} // namespace graphc
