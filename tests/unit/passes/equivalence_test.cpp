// What the passes make of a network computes what the network computes: graph, fused and plan are
// run by the reference, over two steps with two sequences, and their logits compared.
#include "passes/PlanRunner.h"
#include "passes/SpreadWeights.h"

#include "frontend/models/ModelGraph.h"
#include "ir/GraphDialect.h"
#include "passes/Pipelines.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace mlir;

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

class EquivalenceTest : public ::testing::Test {
protected:
  EquivalenceTest() {
    context.loadDialect<GraphcDialect, func::FuncDialect, arith::ArithDialect>();
    context.getDiagEngine().registerHandler([](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        ADD_FAILURE() << diagnostic.str();
    });
  }

  OwningOpRef<ModuleOp> graph(const ModelConfig &config) {
    GraphOptions options;
    options.name = "test";
    options.context = 32;
    options.maxTokens = 8;
    options.storedType = [](const std::string &) { return ElementType::F32; };
    return buildModelGraph(context, config, options);
  }

  /// Logits of a prompt of two sequences and, behind them, of a step that goes on with both.
  template <typename RunStep>
  static std::vector<float> twoSteps(RunStep runStep) {
    KvStore cache;
    StepData prompt = StepData::make({{1, 5, 9, 2, 7}, {3, 3, 30}}, {0, 0});
    StepData next = StepData::make({{11}, {4, 36}}, {5, 3});
    next.outRows = {0, 2};
    std::vector<float> logits;
    for (const StepData &step : {prompt, next}) {
      Expected<Tensor> result = runStep(step, cache);
      EXPECT_TRUE(result.ok()) << result.status().message();
      if (result.ok())
        logits.insert(logits.end(), result->values.begin(), result->values.end());
    }
    return logits;
  }

  static std::vector<float> run(ModuleOp module, const WeightSource &weights) {
    Evaluator evaluator(module, &weights);
    return twoSteps(
        [&](const StepData &step, KvStore &cache) { return evaluator.runStep(step, cache); });
  }

  static std::vector<float> runPlan(ModuleOp module, const WeightSource &weights) {
    PlanRunner runner(module, weights);
    return twoSteps(
        [&](const StepData &step, KvStore &cache) { return runner.runStep(step, cache); });
  }

  /// Largest difference, relative to the largest number.
  static double distance(const std::vector<float> &a, const std::vector<float> &b) {
    EXPECT_EQ(a.size(), b.size());
    double largest = 0;
    double difference = 0;
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      largest = std::max(largest, std::abs(double(a[i])));
      difference = std::max(difference, std::abs(double(a[i]) - double(b[i])));
    }
    return difference / largest;
  }

  void expectEqual(const ModelConfig &config, const PipelineOptions &options, double tolerance) {
    SpreadWeights weights;
    for (const WeightSpec &spec : modelWeights(config))
      for (int64_t layer = 0; layer < spec.layers; ++layer)
        weights.add(spec.tensorName(layer), spec.shape);
    OwningOpRef<ModuleOp> module = graph(config);
    const std::vector<float> expected = run(*module, weights);
    ASSERT_EQ(expected.size(), size_t(10 * config.vocabSize));

    PassManager toFused(&context);
    ASSERT_TRUE(buildFusePipeline(toFused, options).ok());
    ASSERT_TRUE(succeeded(toFused.run(*module)));
    const std::vector<float> fused = run(*module, weights);
    EXPECT_LT(distance(fused, expected), tolerance);

    PassManager toPlan(&context);
    ASSERT_TRUE(buildPlanPipeline(toPlan, options).ok());
    ASSERT_TRUE(succeeded(toPlan.run(*module)));
    // The same ops on the same numbers in another layout.
    EXPECT_LT(distance(runPlan(*module, weights), fused), 1e-6);
  }

  MLIRContext context;
};

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
