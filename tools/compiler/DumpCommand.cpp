// `graphc dump MODEL|PLAN --stage S`
#include "runtime/base/TextList.h"
#include "tools/compiler/Commands.h"

#include "runtime/plan/Plan.h"
#include "tools/cli/Output.h"
#include "tools/compiler/Compiler.h"
#include "tools/compiler/LayerView.h"

#include "mlir/IR/MLIRContext.h"

#include <array>

using namespace mlir;

namespace graphc {

namespace {

/// What can be dumped, and the stage of IR that it comes from.
struct DumpStage {
  const char *name;
  Stage from;
};

constexpr std::array<DumpStage, 6> kStages = {{{"graph", Stage::Graph},
                                               {"fused", Stage::Fused},
                                               {"plan", Stage::Plan},
                                               {"kernels", Stage::Plan},
                                               {"llvm", Stage::Plan},
                                               {"asm", Stage::Plan}}};

Expected<DumpStage> findStage(const std::string &name) {
  std::string known;
  for (const DumpStage &stage : kStages) {
    if (name == stage.name)
      return stage;
    appendToList(known, stage.name);
  }
  return usageError("--stage '" + name + "' is unknown; known stages: " + known);
}

std::vector<std::string> splitNames(const std::string &list) {
  std::vector<std::string> names;
  for (llvm::StringRef name : llvm::split(list, ',')) {
    if (!name.empty())
      names.push_back(name.str());
  }
  return names;
}

/// The graph that a plan carries, with the settings that it was compiled with.
Expected<ModelInput> loadFromPlan(MLIRContext &context, CompileSettings &settings) {
  GRAPHC_ASSIGN_OR_RETURN(Plan plan, Plan::open(settings.model, {.anyMachine = true}));
  std::map<std::string, std::string> options = plan.header().options;
  settings.dtype = options["dtype"];
  settings.weightDtype = options["weight_dtype"];
  settings.kvCache = options["kv_cache"];
  settings.quant = QuantSettings::fromTexts(options);
  settings.target = options["target"];
  settings.optimize = options["opt_level"] != "0";
  settings.disabledPasses = splitNames(options["disabled_passes"]);
  std::string text(plan.textSection(section::kGraph));
  Expected<ModelInput> input =
      loadText(context, text, settings.model + " (graph)", settings, /*needWeights=*/false);
  if (input && stageOf(*input->module) >= Stage::Fused) {
    // The plan came from text that had its types; what its header says of them was never asked for.
    settings.dtype = settings.weightDtype = settings.kvCache = "";
    settings.quant = {};
  }
  return input;
}

} // namespace

/// The text of a module of the plan stage at the stages behind it.
static Expected<std::string> codeText(const std::string &stage, Compiler &compiler, ModuleOp plan) {
  GRAPHC_ASSIGN_OR_RETURN(EmittedKernels kernels, compiler.emit(plan));
  if (stage == "kernels")
    return moduleText(*kernels.module);
  GRAPHC_ASSIGN_OR_RETURN(CompiledKernels compiled, compiler.compile(kernels));
  if (stage == "llvm")
    return compiled.llvmText();
  return compiled.assembly(compiler.target());
}

Status runDump(const DumpCommand &command) {
  GRAPHC_ASSIGN_OR_RETURN(DumpStage stage, findStage(command.stage));
  CompileSettings settings = command.settings;
  MLIRContext context;
  prepareContext(context, settings);
  auto loaded = isPlanFile(settings.model) ? loadFromPlan(context, settings)
                                           : loadModel(context, settings, /*needWeights=*/false);
  GRAPHC_ASSIGN_OR_RETURN(ModelInput input, std::move(loaded));
  GRAPHC_ASSIGN_OR_RETURN(Compiler compiler, Compiler::create(context, settings));
  GRAPHC_RETURN_IF_ERROR(compiler.lowerTo(stage.from, input, "graphc-reproducer.mlir"));
  if (command.layer)
    GRAPHC_RETURN_IF_ERROR(keepLayer(*input.module, *command.layer));

  std::string name = stage.name;
  if (parseStage(name))
    return writeOut(moduleText(*input.module));
  GRAPHC_ASSIGN_OR_RETURN(std::string text, codeText(name, compiler, *input.module));
  return writeOut(text);
}

} // namespace graphc
