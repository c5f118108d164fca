// Runs a network as graph, fused and plan by the reference, over two steps with two sequences, and
// compares the logits.
#ifndef GRAPHC_TESTS_UNIT_PASSES_EQUIVALENCEFIXTURE_H
#define GRAPHC_TESTS_UNIT_PASSES_EQUIVALENCEFIXTURE_H

#include "passes/PlanRunner.h"
#include "passes/SpreadWeights.h"

#include "frontend/models/ModelGraph.h"
#include "ir/GraphDialect.h"
#include "passes/Pipelines.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <gtest/gtest.h>

#include <cmath>

namespace graphc {

class EquivalenceTest : public ::testing::Test {
protected:
  EquivalenceTest() {
    context.loadDialect<GraphcDialect, mlir::func::FuncDialect, mlir::arith::ArithDialect>();
    context.getDiagEngine().registerHandler([](mlir::Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
        ADD_FAILURE() << diagnostic.str();
    });
  }

  mlir::OwningOpRef<mlir::ModuleOp> graph(const ModelConfig &config) {
    GraphOptions options;
    options.name = "test";
    options.context = 32;
    options.maxTokens = 8;
    options.formOf = [](const std::string &) { return WeightForm{}; };
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

  static std::vector<float> run(mlir::ModuleOp module, const WeightSource &weights) {
    Evaluator evaluator(module, &weights);
    return twoSteps(
        [&](const StepData &step, KvStore &cache) { return evaluator.runStep(step, cache); });
  }

  static std::vector<float> runPlan(mlir::ModuleOp module, const WeightSource &weights) {
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
        weights.add(spec.tensorName(layer), spec.tensorShape());
    mlir::OwningOpRef<mlir::ModuleOp> module = graph(config);
    const std::vector<float> expected = run(*module, weights);
    ASSERT_EQ(expected.size(), size_t(10 * config.vocabSize));

    mlir::PassManager toFused(&context);
    ASSERT_TRUE(buildFusePipeline(toFused, options).ok());
    ASSERT_TRUE(mlir::succeeded(toFused.run(*module)));
    const std::vector<float> fused = run(*module, weights);
    EXPECT_LT(distance(fused, expected), tolerance);

    mlir::PassManager toPlan(&context);
    ASSERT_TRUE(buildPlanPipeline(toPlan, options).ok());
    ASSERT_TRUE(mlir::succeeded(toPlan.run(*module)));
    // The same ops on the same numbers in another layout.
    EXPECT_LT(distance(runPlan(*module, weights), fused), 1e-6);
  }

  mlir::MLIRContext context;
};

} // namespace graphc

#endif // GRAPHC_TESTS_UNIT_PASSES_EQUIVALENCEFIXTURE_H
