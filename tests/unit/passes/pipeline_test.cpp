// Whole networks, as the frontend builds them, through the pipelines.
#include "passes/Pipelines.h"

#include "frontend/models/ModelGraph.h"
#include "ir/GraphDialect.h"
#include "passes/FusionReport.h"
#include "runtime/base/Json.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace mlir;

namespace graphc {
namespace {

using ::testing::HasSubstr;

ModelConfig llama() {
  ModelConfig config;
  config.vocabSize = 100;
  config.hiddenSize = 64;
  config.intermediateSize = 96;
  config.layers = 2;
  config.heads = 4;
  config.kvHeads = 2;
  config.headDim = 16;
  config.maxPositions = 128;
  config.normEpsilon = 1e-5;
  return config;
}

class PipelineTest : public ::testing::Test {
protected:
  PipelineTest() {
    context.loadDialect<GraphcDialect, func::FuncDialect, arith::ArithDialect>();
    context.getDiagEngine().registerHandler([](Diagnostic &) {}); // The report has the remarks.
  }

  OwningOpRef<ModuleOp> graph(const ModelConfig &config, ElementType stored = ElementType::F32) {
    GraphOptions options;
    options.name = "test";
    options.context = 128;
    options.maxTokens = 16;
    options.formOf = [=](const std::string &) { return WeightForm{stored}; };
    return buildModelGraph(context, config, options);
  }

  /// Runs a module to a stage; the report is in `report`.
  void run(ModuleOp module, Stage to, const PipelineOptions &options = {}) {
    PassManager manager(&context);
    ASSERT_TRUE(buildFusePipeline(manager, options).ok());
    if (to == Stage::Plan)
      ASSERT_TRUE(buildPlanPipeline(manager, options).ok());
    report = {};
    collectReport(manager, report);
    ASSERT_TRUE(succeeded(manager.run(module)));
    EXPECT_EQ(stageOf(module), to);
  }

  template <typename Op>
  static int64_t count(Operation *root) {
    int64_t number = 0;
    root->walk([&](Op) { ++number; });
    return number;
  }

  /// Ops of a function that become dispatches.
  static std::vector<std::string> dispatched(ModuleOp module, StringRef name) {
    std::vector<std::string> names;
    for (Operation &op : module.lookupSymbol<func::FuncOp>(name).getBody().front())
      if (isa<GraphcDialect>(op.getDialect()) && !isa<ParamOp, KvLayerOp>(op))
        names.push_back(op.getName().stripDialect().str());
    return names;
  }

  void expectFused(const ModelConfig &config, const PipelineOptions &options) {
    OwningOpRef<ModuleOp> module = graph(config);
    run(*module, Stage::Fused, options);
    EXPECT_THAT(dispatched(*module, "decoder"),
                ::testing::ElementsAre("fused_qkv", "flash_attention", "fused_linear",
                                       "fused_linear", "fused_linear"));
    EXPECT_THAT(dispatched(*module, "step"),
                ::testing::ElementsAre("embedding", "select_rows", "fused_linear"));
    EXPECT_EQ(report.missCount(), 0) << report.toJson();
    PassManager manager(&context);
    ASSERT_TRUE(buildPlanPipeline(manager, options).ok());
    EXPECT_TRUE(succeeded(manager.run(*module)));
  }

  MLIRContext context;
  FusionReport report;
};

TEST_F(PipelineTest, LlamaLayerBecomesFiveOps) {
  for (auto [precision, kvCache] : {std::pair(Precision::F32, CachePrecision::F32),
                                    {Precision::BF16, CachePrecision::BF16},
                                    {Precision::F32, CachePrecision::I8},
                                    {Precision::BF16, CachePrecision::I8}}) {
    PipelineOptions options{.dtype = precision, .kvCache = kvCache};
    expectFused(llama(), options);
    ModelConfig biased = llama();
    biased.attentionBias = biased.mlpBias = true;
    expectFused(biased, options);
  }
}

TEST_F(PipelineTest, FusesEveryShapeOfTheFamily) {
  ModelConfig ungrouped = llama();
  ungrouped.kvHeads = 4;
  expectFused(ungrouped, {});
  ModelConfig oneKeyHead = llama();
  oneKeyHead.kvHeads = 1;
  oneKeyHead.activation = HiddenActivation::GeluTanh;
  expectFused(oneKeyHead, {});
  ModelConfig odd = llama();
  odd.hiddenSize = 172;
  odd.intermediateSize = 51;
  odd.headDim = 6;
  odd.tiedEmbeddings = true;
  expectFused(odd, {.dtype = Precision::BF16, .kvCache = CachePrecision::F32});
  expectFused(odd, {.dtype = Precision::F32, .kvCache = CachePrecision::BF16});
  expectFused(odd, {.gamma = GammaForm::Weight});
}

TEST_F(PipelineTest, PlanHasNoFunctionAndNoUnusedWeight) {
  OwningOpRef<ModuleOp> module = graph(llama());
  run(*module, Stage::Plan);
  EXPECT_EQ(count<func::FuncOp>(*module), 0);
  std::vector<std::string> weights;
  for (auto weight : module->getOps<WeightOp>())
    weights.push_back(weight.getSymName().str());
  EXPECT_THAT(weights, ::testing::UnorderedElementsAre("embed", "attn.norm", "attn.qkv", "attn.o",
                                                       "mlp.norm", "mlp.gate_up", "mlp.down",
                                                       "norm", "head", "rope"));
}

TEST_F(PipelineTest, TiedEmbeddingsArePackedOnce) {
  ModelConfig config = llama();
  config.tiedEmbeddings = true;
  OwningOpRef<ModuleOp> module = graph(config);
  run(*module, Stage::Plan);
  module->walk(
      [](EmbeddingOp embedding) { EXPECT_EQ(embedding.getTable().getType().getRank(), 4); });
  EXPECT_FALSE(SymbolTable(*module).lookup("embed.packed"));
}

TEST_F(PipelineTest, KernelsDoNotGrowWithLayers) {
  OwningOpRef<ModuleOp> small = graph(llama());
  run(*small, Stage::Plan);
  ModelConfig config = llama();
  config.layers = 40;
  OwningOpRef<ModuleOp> deep = graph(config);
  run(*deep, Stage::Plan);
  EXPECT_EQ(count<KernelOp>(*deep), count<KernelOp>(*small));
  EXPECT_EQ(count<DispatchOp>(*deep), count<DispatchOp>(*small) + 38 * 7);
  auto arenaOf = [](ModuleOp module) { return (*module.getOps<PlanOp>().begin()).getArenaBytes(); };
  EXPECT_EQ(arenaOf(*deep), arenaOf(*small));
}

TEST_F(PipelineTest, RunsWithoutAnyOptionalPass) {
  for (const std::string &name : optionalPassNames()) {
    OwningOpRef<ModuleOp> module = graph(llama());
    run(*module, Stage::Plan, {.disabledPasses = {name}});
    EXPECT_EQ(count<PlanOp>(*module), 1) << name;
    for (const PassRecord &pass : report.passes)
      EXPECT_NE(pass.name, name);
  }
  OwningOpRef<ModuleOp> module = graph(llama());
  run(*module, Stage::Plan, {.disabledPasses = optionalPassNames()});
  EXPECT_EQ(count<PlanOp>(*module), 1);
}

TEST_F(PipelineTest, UnoptimizedPlanHasUnfusedOps) {
  OwningOpRef<ModuleOp> module = graph(llama(), ElementType::BF16);
  run(*module, Stage::Plan, {.optLevel = OptLevel::O0});
  EXPECT_EQ(count<FlashAttentionOp>(*module), 0);
  EXPECT_EQ(count<FusedQkvOp>(*module), 0);
  EXPECT_EQ(count<SoftmaxOp>(*module), 1);
}

TEST_F(PipelineTest, ReportsHitsMissesAndChanges) {
  OwningOpRef<ModuleOp> module = graph(llama());
  run(*module, Stage::Fused, {.disabledPasses = {"join-matmuls"}});
  auto passNamed = [&](StringRef name) {
    for (const PassRecord &pass : report.passes)
      if (pass.name == name)
        return pass;
    ADD_FAILURE() << "no record of " << name.str();
    return PassRecord();
  };
  EXPECT_EQ(passNamed("fuse-attention").hits, 1);
  EXPECT_TRUE(passNamed("fuse-attention").changed);
  EXPECT_EQ(passNamed("raise-rms-norm").hits, 0);
  EXPECT_FALSE(passNamed("raise-rms-norm").changed);
  PassRecord epilogue = passNamed("fuse-epilogue");
  ASSERT_EQ(epilogue.misses.size(), 1u);
  EXPECT_THAT(epilogue.misses[0].location, HasSubstr("mlp.mul"));
  EXPECT_THAT(epilogue.misses[0].reason, HasSubstr("gate and up are not one matmul"));

  Expected<Json> json = parseJson(report.toJson(), "report");
  ASSERT_TRUE(json.ok()) << json.status().message();
  EXPECT_EQ((*json)["schema"], 1);
  ASSERT_EQ((*json)["passes"].size(), report.passes.size());
  const Json &first = (*json)["passes"][0];
  EXPECT_EQ(first["name"], "assign-precision");
  EXPECT_TRUE(first["misses"].is_array());
  EXPECT_TRUE(first["changed"].is_boolean());
}

TEST_F(PipelineTest, RefusesUnknownAndNeededPasses) {
  PassManager manager(&context);
  Status unknown = buildFusePipeline(manager, {.disabledPasses = {"fuse-atention"}});
  EXPECT_EQ(unknown.code(), StatusCode::Usage);
  EXPECT_THAT(unknown.message(), HasSubstr("fuse-attention"));
  Status needed = buildFusePipeline(manager, {.disabledPasses = {"pack-weights"}});
  EXPECT_EQ(needed.code(), StatusCode::Usage);
  EXPECT_THAT(needed.message(), HasSubstr("cannot be disabled"));
}

TEST(Stages, HaveNames) {
  for (const StageInfo &info : allStages()) {
    EXPECT_EQ(parseStage(info.name), info.stage);
    EXPECT_EQ(stageInfo(info.stage).name, info.name);
    EXPECT_FALSE(info.description.empty());
  }
  EXPECT_EQ(parseStage("assembler"), std::nullopt);
}

} // namespace
} // namespace graphc
