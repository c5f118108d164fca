// The weights of what is compiled: where a module says that they are, and what opens them.
//
// A module names them by attributes, so that a dump is an input again:
//
//   graphc.weights          a path
//   graphc.random_weights   a seed
//   graphc.tied_head        the head's tensor and the embedding's, which it is
//   graphc.left_out         what the names of tensors begin with that the graph does without
#ifndef GRAPHC_TOOLS_COMPILER_MODELWEIGHTS_H
#define GRAPHC_TOOLS_COMPILER_MODELWEIGHTS_H

#include "frontend/weights/CheckpointSource.h"
#include "frontend/weights/SourceDigest.h"
#include "tools/compiler/ModelInput.h"

#include <memory>
#include <string>

namespace graphc {

inline constexpr char kTiedHeadAttr[] = "graphc.tied_head";
inline constexpr char kLeftOutAttr[] = "graphc.left_out";

/// What the plan keeps of a file, whose digest is of its header or of the whole, as `scheme` says.
PlanSource planSource(const SourceDigest &digest, const char *scheme);

/// A GGUF file, or what WeightFiles.h knows.
Expected<std::unique_ptr<CheckpointSource>> openCheckpoint(const std::string &path);

/// Writes down where the weights come from: what the settings say, else `defaultPath`, else what
/// the module says already.
void setWeightAttributes(mlir::ModuleOp module, const CompileSettings &settings,
                         const std::string &defaultPath);

/// Opens the weights that the module's attributes name, unless they are `opened`, checks them, and
/// gives them to the input. Without any, and where `needWeights` is false, it gets none.
Status attachWeights(ModelInput &input, const CompileSettings &settings, bool needWeights,
                     std::unique_ptr<CheckpointSource> opened);

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_MODELWEIGHTS_H
