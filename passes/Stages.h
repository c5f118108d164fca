// The stages of a compilation: levels of IR that a dump shows and, up to the plan, that are inputs
// again.
#ifndef GRAPHC_PASSES_STAGES_H
#define GRAPHC_PASSES_STAGES_H

#include "mlir/IR/BuiltinOps.h"

#include <optional>

namespace graphc {

enum class Stage { Graph, Fused, Plan };

struct StageInfo {
  Stage stage;
  llvm::StringLiteral name;
  llvm::StringLiteral description;
};

/// All stages in the order in which a compilation goes through them.
llvm::ArrayRef<StageInfo> allStages();
const StageInfo &stageInfo(Stage stage);
std::optional<Stage> parseStage(llvm::StringRef name);

/// The module attribute that holds the stage's name. assign-precision, the first pass behind the
/// graph, and lower-to-plan set it.
inline constexpr llvm::StringLiteral kStageAttrName = "graphc.stage";

/// The stage that a module is in: by its attribute or, without one, by whether it holds a plan or a
/// fused op.
Stage stageOf(mlir::ModuleOp module);

} // namespace graphc

#endif // GRAPHC_PASSES_STAGES_H
