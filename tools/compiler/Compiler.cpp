#include "tools/compiler/Compiler.h"

#include "mlir/Pass/PassManager.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <filesystem>

using namespace mlir;

namespace graphc {

/// `type` is empty or one of `known`.
static Status checkType(const std::string &flag, const std::string &type,
                        ArrayRef<StringRef> known) {
  if (type.empty() || llvm::is_contained(known, type))
    return {};
  return usageError(flag + " '" + type + "' is unknown; known types: " + llvm::join(known, ", "));
}

static Precision precisionOf(const std::string &type) {
  return type == "bf16" ? Precision::BF16 : Precision::F32;
}

static WeightPrecision weightPrecisionOf(const std::string &type) {
  return type == "stored" ? WeightPrecision::Stored
         : type == "bf16" ? WeightPrecision::BF16
         : type == "f16"  ? WeightPrecision::F16
                          : WeightPrecision::AsDtype;
}

static CachePrecision cachePrecisionOf(const std::string &type) {
  return type == "int8"   ? CachePrecision::I8
         : type == "bf16" ? CachePrecision::BF16
                          : CachePrecision::F32;
}

Expected<Compiler> Compiler::create(MLIRContext &context, const CompileSettings &settings) {
  GRAPHC_RETURN_IF_ERROR(checkType("--dtype", settings.dtype, {"f32", "bf16"}));
  GRAPHC_RETURN_IF_ERROR(
      checkType("--weight-dtype", settings.weightDtype, {"stored", "f32", "bf16", "f16"}));
  GRAPHC_RETURN_IF_ERROR(checkType("--kv-cache", settings.kvCache, {"f32", "bf16", "int8"}));
  GRAPHC_ASSIGN_OR_RETURN(std::optional<QuantOptions> quant, settings.quant.parse());
  GRAPHC_ASSIGN_OR_RETURN(Target target, Target::parse(settings.target));
  Compiler compiler(context, settings, std::move(target), std::move(quant));
  PassManager unused(&context);
  PipelineOptions options = compiler.pipelineOptions({});
  GRAPHC_RETURN_IF_ERROR(buildFusePipeline(unused, options));
  GRAPHC_RETURN_IF_ERROR(buildPlanPipeline(unused, options));
  if (!settings.dumpFolder.empty()) {
    GRAPHC_ASSIGN_OR_RETURN(IrDump dump, IrDump::create(settings.dumpFolder));
    compiler.irDump.emplace(std::move(dump));
  }
  return compiler;
}

std::string Compiler::dtype(const ModelInput &input) const {
  return settings.dtype.empty() ? input.storedDtype : settings.dtype;
}

/// oneDNN multiplies factors of one type: who asks for it gets them.
std::string Compiler::weightDtype(const ModelInput &input) const {
  if (!settings.weightDtype.empty())
    return settings.weightDtype;
  const bool mayDiffer = dtype(input) == "f32" || input.keepsNumbers;
  return mayDiffer && settings.matmul == "generated" ? "stored" : dtype(input);
}

/// Rows of bf16 want weights of bf16, but for those of f16 that are kept.
Status Compiler::checkWeightDtype(const ModelInput &input) const {
  if (dtype(input) == "f32" || weightDtype(input) == dtype(input) || weightDtype(input) == "stored")
    return {};
  return usageError("--weight-dtype " + weightDtype(input) + " needs --dtype f32: with --dtype " +
                    dtype(input) + ", weights are 'stored' or of " + dtype(input) + " too");
}

std::string Compiler::kvCache(const ModelInput &input) const {
  return settings.kvCache.empty() ? dtype(input) : settings.kvCache;
}

/// What comes quantized stays so unless told otherwise: with rows of integers, or, where a dtype
/// was asked for, of that.
std::optional<QuantOptions> Compiler::quantOptions(const ModelInput &input) const {
  if (!input.isQuantized || !settings.quant.scheme.empty())
    return quant;
  QuantOptions options;
  options.keep = true;
  options.quantizeRows = settings.dtype.empty();
  return options;
}

PipelineOptions Compiler::pipelineOptions(const ModelInput &input) const {
  PipelineOptions options;
  options.dtype = precisionOf(dtype(input));
  if (weightDtype(input) != dtype(input))
    options.weights = weightPrecisionOf(weightDtype(input));
  options.kvCache = cachePrecisionOf(kvCache(input));
  options.quant = quantOptions(input);
  options.optLevel = settings.optimize ? OptLevel::O2 : OptLevel::O0;
  options.disabledPasses = settings.disabledPasses;
  return options;
}

std::map<std::string, std::string> Compiler::optionTexts(const ModelInput &input) const {
  std::map<std::string, std::string> texts = {
      {"target", compileTarget.name()},
      {"opt_level", settings.optimize ? "2" : "0"},
      {"matmul", settings.matmul},
      {"disabled_passes", llvm::join(settings.disabledPasses, ",")}};
  if (typesAreDecided)
    return texts;
  texts["dtype"] = dtype(input);
  texts["weight_dtype"] = weightDtype(input);
  texts["kv_cache"] = kvCache(input);
  texts.merge(settings.quant.texts());
  return texts;
}

/// IR text of a later stage has its types: flags that ask for others would do nothing.
Status Compiler::checkDecided(Stage stage) const {
  const std::pair<const char *, const std::string &> flags[] = {
      {"--dtype", settings.dtype},
      {"--weight-dtype", settings.weightDtype},
      {"--kv-cache", settings.kvCache},
      {"--quant", settings.quant.scheme}};
  for (const auto &[flag, value] : flags)
    if (!value.empty())
      return usageError(std::string(flag) + " " + value + ": " + settings.model +
                        " is of the stage '" + allStages()[static_cast<size_t>(stage)].name.str() +
                        "', in which types are decided; start from 'graph' to choose others");
  return {};
}

Status Compiler::lowerTo(Stage stage, ModelInput &input, const std::string &reproducer) {
  GRAPHC_RETURN_IF_ERROR(checkWeightDtype(input));
  Stage from = stageOf(*input.module);
  if (from > stage)
    return usageError(settings.model + ": is already past the stage '" +
                      allStages()[static_cast<size_t>(stage)].name.str() + "'");
  typesAreDecided = from >= Stage::Fused;
  if (typesAreDecided)
    GRAPHC_RETURN_IF_ERROR(checkDecided(from));
  if (irDump)
    irDump->write(allStages()[static_cast<size_t>(from)].name.str(), *input.module);
  PassManager manager(&context);
  PipelineOptions options = pipelineOptions(input);
  if (from < Stage::Fused && stage >= Stage::Fused)
    GRAPHC_RETURN_IF_ERROR(buildFusePipeline(manager, options));
  if (from < Stage::Plan && stage >= Stage::Plan)
    GRAPHC_RETURN_IF_ERROR(buildPlanPipeline(manager, options));
  collectReport(manager, fusionReport);
  if (irDump)
    irDump->attach(manager);
  if (settings.timePasses)
    manager.enableTiming();
  manager.enableCrashReproducerGeneration(reproducer);
  if (failed(manager.run(*input.module)))
    return unsupported(settings.model + ": a pass failed (see the messages above); " + reproducer +
                       " repeats it: graphc-opt --run-reproducer " + reproducer);
  return irDump ? irDump->status() : Status();
}

Expected<EmittedKernels> Compiler::emit(ModuleOp plan) {
  std::optional<StepBounds> bounds = planBounds(plan);
  if (!bounds)
    return badInput(settings.model + ": there is no graphc.plan");
  FailureOr<EmittedKernels> kernels = emitKernels(plan, *bounds, compileTarget);
  if (failed(kernels))
    return unsupported(settings.model + ": a kernel cannot be generated (see the messages above)");
  if (settings.matmul != "generated")
    GRAPHC_RETURN_IF_ERROR(emitProductsOf(*kernels, *bounds));
  if (irDump)
    irDump->write("kernels", *kernels->module);
  return std::move(*kernels);
}

/// Who asks for oneDNN and would get none of it is told; some kernels may stay generated.
Status Compiler::emitProductsOf(EmittedKernels &kernels, const StepBounds &bounds) {
  FailureOr<SmallVector<RefusedProduct>> refused = emitProducts(kernels, bounds, compileTarget);
  if (failed(refused))
    return internalError("the epilogues cannot be generated (see the messages above)");
  for (const RefusedProduct &kernel : *refused)
    fusionReport.matmuls.push_back({kernel.kernel, "generated", kernel.reason});
  bool any = llvm::any_of(kernels.entries,
                          [](const KernelEntry &entry) { return entry.product.has_value(); });
  if (settings.matmul == "onednn" && !any)
    return unsupported(settings.model + ": --matmul=onednn: oneDNN can compute no matmul of it" +
                       (refused->empty() ? "" : "; the first: " + refused->front().reason));
  return {};
}

Expected<CompiledKernels> Compiler::compile(EmittedKernels &kernels) {
  FailureOr<CompiledKernels> compiled = lowerKernels(kernels);
  if (failed(compiled))
    return internalError("the kernels cannot be lowered (see the messages above)");
  GRAPHC_RETURN_IF_ERROR(compiled->optimize(compileTarget));
  if (irDump) {
    irDump->write("llvm", "ll", compiled->llvmText());
    if (auto assembly = compiled->assembly(compileTarget); assembly.ok())
      irDump->write("kernels", "s", *assembly);
  }
  return std::move(*compiled);
}

} // namespace graphc
