// Code, weights and texts into a plan file.
#ifndef GRAPHC_TOOLS_COMPILER_WRITEPLAN_H
#define GRAPHC_TOOLS_COMPILER_WRITEPLAN_H

#include "codegen/PlanBuilder.h"
#include "tools/compiler/ModelInput.h"

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

namespace graphc {

/// Everything of a plan file but its weights, which are packed while it is written.
struct PlanTexts {
  std::string graph; ///< The un-fused graph, or what the compile started from.
  std::string plan;  ///< The plan stage.
  std::vector<std::byte> code;
};

struct WriteOptions {
  unsigned threads = 1;
  bool showProgress = false;
  bool isStrict = false; ///< Numbers that are not finite are an error, not a warning.
  const std::atomic<bool> *cancel = nullptr; ///< Ends the work when it becomes true.
};

/// Packs the weights into the plan file at `path`. The file appears complete or not at all;
/// Interrupted when it was cancelled.
Status writePlan(const std::string &path, PlanContents contents, const PlanTexts &texts,
                 const ModelInput &input, const WriteOptions &options);

/// Readers of weight rows over the model's weights.
WeightReaders weightReaders(const ModelInput &input);

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_WRITEPLAN_H
