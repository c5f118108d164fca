#include "passes/Stages.h"

#include "ir/GraphDialect.h"

using namespace mlir;

namespace graphc {

ArrayRef<StageInfo> allStages() {
  static constexpr StageInfo kStages[] = {
      {Stage::Graph, "graph", "one op per mathematical step, nothing fused"},
      {Stage::Fused, "fused", "the operators that kernels are generated for"},
      {Stage::Plan, "plan", "kernels, and their dispatches with a place for every operand"},
  };
  return kStages;
}

const StageInfo &stageInfo(Stage stage) { return allStages()[size_t(stage)]; }

std::optional<Stage> parseStage(StringRef name) {
  for (const StageInfo &info : allStages())
    if (info.name == name)
      return info.stage;
  return std::nullopt;
}

Stage stageOf(ModuleOp module) {
  if (auto name = module->getAttrOfType<StringAttr>(kStageAttrName))
    if (auto stage = parseStage(name.getValue()))
      return *stage;
  if (!module.getOps<PlanOp>().empty())
    return Stage::Plan;
  WalkResult fused = module.walk([](Operation *op) {
    return isa<FusedLinearOp, FusedQkvOp, FlashAttentionOp, AppendQkvOp, NormAddOp, PrepareRowsOp>(
               op)
               ? WalkResult::interrupt()
               : WalkResult::advance();
  });
  return fused.wasInterrupted() ? Stage::Fused : Stage::Graph;
}

} // namespace graphc
