// What a plan says of its model beside the graph: name, limits, tokens, tokenizer, files.
#ifndef GRAPHC_TOOLS_COMPILER_MODELDESCRIPTION_H
#define GRAPHC_TOOLS_COMPILER_MODELDESCRIPTION_H

#include "frontend/config/ModelConfig.h"
#include "frontend/gguf/GgufFile.h"
#include "tools/compiler/ModelInput.h"

#include <string>

namespace graphc {

/// Reads what a model folder, or its config.json, says, and its configuration. With `verbose`, keys
/// that change nothing are told on stderr.
Status describeModel(const std::string &path, bool verbose, ModelInput &input, ModelConfig &config);

/// The same of a GGUF file.
Status describeGguf(const std::string &path, const GgufFile &file, ModelInput &input,
                    ModelConfig &config);

/// What is known of a network that has neither: what its graph shows.
void describeFromGraph(mlir::ModuleOp module, PlanModel &model);

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_MODELDESCRIPTION_H
