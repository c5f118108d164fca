// Every family fuses fully: the operators of each kind of layer, and no miss.
#include "passes/FamilyConfigs.h"

#include "frontend/models/ModelGraph.h"
#include "ir/GraphDialect.h"
#include "passes/FusionReport.h"
#include "passes/Pipelines.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"

namespace graphc {
namespace {

using namespace mlir;

/// What a fused op does beside its name: its norm, its bias, its function, its residual.
template <typename Op>
std::string prologueText(Op op) {
  return std::string(op.getEps()        ? " rms"
                     : op.getLayerEps() ? " layer_norm"
                                        : "") +
         (op.getBias() ? " bias" : "");
}

std::string describe(Operation *op) {
  std::string text = op->getName().stripDialect().str();
  if (auto qkv = dyn_cast<FusedQkvOp>(op))
    return text + prologueText(qkv);
  if (auto append = dyn_cast<AppendQkvOp>(op))
    return text + (append.getEps() ? " head_norm" : "");
  auto linear = dyn_cast<FusedLinearOp>(op);
  if (!linear)
    return text;
  text += prologueText(linear);
  if (linear.getGate())
    text += " gate";
  if (linear.getAct())
    text += " act";
  if (linear.getCap())
    text += " cap";
  return linear.getResidual() ? text + " residual" : text;
}

/// The operators of a function, in order.
std::vector<std::string> operators(func::FuncOp function) {
  std::vector<std::string> list;
  for (Operation &op : function.getBody().front().without_terminator())
    if (!isa<ParamOp, KvLayerOp, func::CallOp, arith::ConstantOp>(op))
      list.push_back(describe(&op));
  return list;
}

using Operators = std::vector<std::string>;

const Operators kLlamaLayer = {"fused_qkv rms", "flash_attention", "fused_linear residual",
                               "fused_linear rms gate", "fused_linear residual"};
const Operators kHeadsLayer = {"fused_linear rms",      "append_qkv",
                               "flash_attention",       "fused_linear residual",
                               "fused_linear rms gate", "fused_linear residual"};

/// The operators of a family's layers, of every kind the same.
const std::map<std::string, Operators> kLayers = {
    {"llama",
     {"fused_qkv rms bias", "flash_attention", "fused_linear bias residual",
      "fused_linear rms bias gate", "fused_linear bias residual"}},
    {"mistral", kLlamaLayer},
    {"qwen2",
     {"fused_qkv rms bias", "flash_attention", "fused_linear residual", "fused_linear rms gate",
      "fused_linear residual"}},
    {"qwen2_windows",
     {"fused_qkv rms bias", "flash_attention", "fused_linear residual", "fused_linear rms gate",
      "fused_linear residual"}},
    {"qwen3",
     {"fused_linear rms", "append_qkv head_norm", "flash_attention", "fused_linear residual",
      "fused_linear rms gate", "fused_linear residual"}},
    {"gemma", kLlamaLayer},
    {"gemma2",
     {"fused_qkv rms", "flash_attention", "fused_linear", "norm_add", "fused_linear rms gate",
      "fused_linear", "norm_add"}},
    {"gemma3",
     {"fused_linear rms", "append_qkv head_norm", "flash_attention", "fused_linear", "norm_add",
      "fused_linear rms gate", "fused_linear", "norm_add"}},
    {"phi2",
     {"fused_linear layer_norm bias", "append_qkv", "flash_attention", "fused_linear bias residual",
      "fused_linear layer_norm bias act", "fused_linear bias residual"}},
    {"phi3", kLlamaLayer},
    {"phi3_long", kHeadsLayer},
};

/// What stands before and behind the layers.
const std::map<std::string, Operators> kSteps = {
    {"gemma", {"embedding", "scale", "select_rows", "fused_linear rms"}},
    {"gemma2", {"embedding", "scale", "select_rows", "fused_linear rms cap"}},
    {"gemma3", {"embedding", "scale", "select_rows", "fused_linear rms"}},
    {"phi2", {"embedding", "select_rows", "fused_linear layer_norm bias"}},
};

class FamilyFusion : public ::testing::TestWithParam<FamilyCase> {
protected:
  FamilyFusion() {
    context.loadDialect<GraphcDialect, func::FuncDialect, arith::ArithDialect>();
    context.getDiagEngine().registerHandler([](Diagnostic &) {});
  }

  OwningOpRef<ModuleOp> fuse(const ModelConfig &config) {
    GraphOptions options;
    options.name = "test";
    options.context = 32;
    options.maxTokens = 8;
    options.formOf = [](const std::string &) { return WeightForm{}; };
    OwningOpRef<ModuleOp> module = buildModelGraph(context, config, options);
    PassManager manager(&context);
    EXPECT_TRUE(buildFusePipeline(manager, {.dtype = Precision::BF16}).ok());
    collectReport(manager, report);
    EXPECT_TRUE(succeeded(manager.run(*module)));
    return module;
  }

  MLIRContext context;
  FusionReport report;
};

TEST_P(FamilyFusion, HasTheseOperatorsAndNoMiss) {
  OwningOpRef<ModuleOp> module = fuse(tinyFamily(GetParam()));
  for (const PassRecord &pass : report.passes)
    for (const PassMiss &miss : pass.misses)
      ADD_FAILURE() << pass.name << " at " << miss.location << ": " << miss.reason;
  const std::string name = GetParam().name;
  ASSERT_TRUE(kLayers.contains(name));
  const Operators plainStep = {"embedding", "select_rows", "fused_linear rms"};
  int kinds = 0;
  for (func::FuncOp function : module->getOps<func::FuncOp>()) {
    if (function.getName() == "step") {
      EXPECT_EQ(operators(function), kSteps.contains(name) ? kSteps.at(name) : plainStep);
      continue;
    }
    ++kinds;
    EXPECT_EQ(operators(function), kLayers.at(name)) << function.getName().str();
  }
  EXPECT_GE(kinds, 1);
}

INSTANTIATE_TEST_SUITE_P(All, FamilyFusion, ::testing::ValuesIn(kFamilyCases), testName);

} // namespace
} // namespace graphc
