// In which order the passes run, and the stages between them.
//
//   graph --buildFusePipeline--> fused --buildPlanPipeline--> plan
#ifndef GRAPHC_PASSES_PIPELINES_H
#define GRAPHC_PASSES_PIPELINES_H

#include "passes/Passes.h"
#include "passes/Stages.h"
#include "runtime/base/Status.h"

#include "mlir/Pass/PassManager.h"

#include <optional>
#include <string>
#include <vector>

namespace graphc {

enum class OptLevel {
  O0, ///< Only what a plan needs.
  O2, ///< All passes.
};

/// How weights are quantized (see quantize-weights).
struct QuantOptions {
  int64_t bits = 8;
  int64_t headBits = 8;
  int64_t group = 32;
  bool quantizeRows = false; ///< To int8, else rows are of `dtype`.
  bool search = true;
  bool keep = false; ///< What the checkpoint has quantized already, and nothing else.
  std::vector<std::string> exclude = {};
};

struct PipelineOptions {
  Precision dtype = Precision::F32;
  WeightPrecision weights = WeightPrecision::AsDtype; ///< Another one with dtype F32 only.
  CachePrecision kvCache = CachePrecision::F32;
  std::optional<QuantOptions> quant = {};
  GammaForm gamma = GammaForm::Rows;
  OptLevel optLevel = OptLevel::O2;
  /// Names of passes to leave out, e.g. "fuse-attention".
  std::vector<std::string> disabledPasses = {};
};

/// Passes that may be named in PipelineOptions::disabledPasses.
std::vector<std::string> optionalPassNames();

/// Adds the passes from one stage to the next. Usage when a disabled pass does not exist or is one
/// that a plan cannot do without.
Status buildFusePipeline(mlir::OpPassManager &manager, const PipelineOptions &options);
Status buildPlanPipeline(mlir::OpPassManager &manager, const PipelineOptions &options);

/// Makes --graphc-fuse-pipeline and --graphc-plan-pipeline known to a command line.
void registerPipelines();

} // namespace graphc

#endif // GRAPHC_PASSES_PIPELINES_H
