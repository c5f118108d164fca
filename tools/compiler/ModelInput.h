// What a compile starts from: the graph, the weights behind it, and what the plan says of the
// model.
#ifndef GRAPHC_TOOLS_COMPILER_MODELINPUT_H
#define GRAPHC_TOOLS_COMPILER_MODELINPUT_H

#include "ir/WeightSource.h"
#include "runtime/plan/PlanHeader.h"
#include "tools/compiler/Settings.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace graphc {

struct ModelInput {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// Null when only the graph was asked for and the weights are not there.
  std::unique_ptr<WeightSource> source;
  PlanModel model;
  /// Tables for the plan; empty for a model without tokenizer files.
  std::vector<std::byte> tokenizer;
  std::string chatTemplate; ///< Empty for a model without one.
  /// "f32" or "bf16": what the checkpoint is stored as (f16 is multiplied as f32).
  std::string storedDtype = "f32";
  /// Whether tensors of the checkpoint are quantized already.
  bool isQuantized = false;
  /// Whether matrices keep the numbers of the checkpoint, also where the products are of bf16:
  /// those of a GGUF file do.
  bool keepsNumbers = false;
};

/// Loads `settings.model`: a Hugging Face folder (or its config.json), a GGUF file, a network.json,
/// or IR text of any stage.
///
/// IR text names its weights by the module attributes graphc.weights (a path) or
/// graphc.random_weights (a seed); the settings override them. Without weights, and where
/// `needWeights` is false, the source stays empty.
Expected<ModelInput> loadModel(mlir::MLIRContext &context, const CompileSettings &settings,
                               bool needWeights);

/// The same for IR text that is already in memory; `name` is for messages.
Expected<ModelInput> loadText(mlir::MLIRContext &context, const std::string &text,
                              const std::string &name, const CompileSettings &settings,
                              bool needWeights);

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_MODELINPUT_H
