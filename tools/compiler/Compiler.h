// The way from a loaded model to the stages of IR and to machine code.
#ifndef GRAPHC_TOOLS_COMPILER_COMPILER_H
#define GRAPHC_TOOLS_COMPILER_COMPILER_H

#include "codegen/EmitKernels.h"
#include "passes/FusionReport.h"
#include "passes/Pipelines.h"
#include "tools/compiler/IrDump.h"
#include "tools/compiler/ModelInput.h"

#include <optional>

namespace graphc {

class Compiler {
public:
  /// Checks the settings that need no model: types, target, names of passes.
  static Expected<Compiler> create(mlir::MLIRContext &context, const CompileSettings &settings);

  /// Runs the passes that lead from the module's stage to `stage`. Where a pass fails, what MLIR
  /// needs to repeat it is left in `reproducer` and the message says so.
  Status lowerTo(Stage stage, ModelInput &input, const std::string &reproducer);

  /// Emits the kernels of a module in the plan stage.
  Expected<EmittedKernels> emit(mlir::ModuleOp plan);
  /// Emitted kernels to optimized LLVM IR.
  Expected<CompiledKernels> compile(EmittedKernels &kernels);

  const Target &target() const { return compileTarget; }
  FusionReport &report() { return fusionReport; }
  /// The options as the plan's header keeps them.
  std::map<std::string, std::string> optionTexts(const ModelInput &input) const;
  /// Where --dump-ir writes, if it does.
  IrDump *dump() { return irDump ? &*irDump : nullptr; }

private:
  Compiler(mlir::MLIRContext &context, const CompileSettings &settings, Target target,
           std::optional<QuantOptions> quant)
      : context(context), settings(settings), compileTarget(std::move(target)),
        quant(std::move(quant)) {}

  Status emitProductsOf(EmittedKernels &kernels, const StepBounds &bounds);
  PipelineOptions pipelineOptions(const ModelInput &input) const;
  std::string dtype(const ModelInput &input) const;
  std::string weightDtype(const ModelInput &input) const;
  Status checkWeightDtype(const ModelInput &input) const;
  Status checkDecided(Stage stage) const;
  std::string kvCache(const ModelInput &input) const;
  std::optional<QuantOptions> quantOptions(const ModelInput &input) const;

  mlir::MLIRContext &context;
  CompileSettings settings;
  Target compileTarget;
  std::optional<QuantOptions> quant;
  FusionReport fusionReport;
  std::optional<IrDump> irDump;
  bool typesAreDecided = false; ///< By the text that the compile starts from.
};

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_COMPILER_H
