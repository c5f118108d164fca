// `graphc compile MODEL -o PLAN`
#include "tools/compiler/Commands.h"

#include "codegen/PlanBuilder.h"
#include "runtime/plan/OutputFile.h"
#include "runtime/threads/Topology.h"
#include "tools/cli/Signals.h"
#include "tools/compiler/Compiler.h"
#include "tools/compiler/MatmulChoice.h"
#include "tools/compiler/Progress.h"
#include "tools/compiler/WritePlan.h"

#include "mlir/IR/MLIRContext.h"

#include <chrono>
#include <cstdio>
#include <filesystem>

using namespace mlir;

namespace graphc {

namespace {

/// Seconds since it was made or last asked.
class Stopwatch {
public:
  double lap() {
    auto now = std::chrono::steady_clock::now();
    double seconds = std::chrono::duration<double>(now - last).count();
    last = now;
    return seconds;
  }

private:
  std::chrono::steady_clock::time_point last = std::chrono::steady_clock::now();
};

} // namespace

static Status checkOutput(const CompileCommand &command) {
  std::error_code ignored;
  if (std::filesystem::is_directory(command.output, ignored))
    return usageError("-o " + command.output + ": is a folder; give the plan a file name");
  return {};
}

Status runCompile(const CompileCommand &command) {
  GRAPHC_RETURN_IF_ERROR(checkOutput(command));
  const std::atomic<bool> &cancel = installSignalHandlers();
  const CompileSettings &settings = command.settings;
  MLIRContext context;
  prepareContext(context, settings);
  Stopwatch watch;
  GRAPHC_ASSIGN_OR_RETURN(Compiler compiler, Compiler::create(context, settings));
  GRAPHC_ASSIGN_OR_RETURN(ModelInput input, loadModel(context, settings, /*needWeights=*/true));

  PlanTexts texts;
  texts.graph = moduleText(*input.module);
  std::string reproducer = command.output + ".reproducer.mlir";
  GRAPHC_RETURN_IF_ERROR(compiler.lowerTo(Stage::Plan, input, reproducer));
  texts.plan = moduleText(*input.module);
  double passSeconds = watch.lap();

  GRAPHC_ASSIGN_OR_RETURN(EmittedKernels kernels, compiler.emit(*input.module));
  GRAPHC_ASSIGN_OR_RETURN(CompiledKernels compiled, compiler.compile(kernels));
  GRAPHC_ASSIGN_OR_RETURN(texts.code, compiled.sharedObject(compiler.target()));
  int threads = command.threads > 0 ? command.threads : availableCpus();
  GRAPHC_RETURN_IF_ERROR(chooseMatmuls(settings.matmul, kernels, *planBounds(*input.module),
                                       compiler.target(), texts.code, threads, compiler.report()));
  if (!settings.reportFile.empty())
    GRAPHC_RETURN_IF_ERROR(writeOutputFile(settings.reportFile, compiler.report().toJson() + "\n"));
  FailureOr<PlanContents> contents =
      buildPlan(*input.module, kernels, compiler.target(), weightReaders(input));
  if (failed(contents))
    return internalError("the plan cannot be put together (see the messages above)");
  double codeSeconds = watch.lap();

  contents->header.model = input.model;
  if (contents->header.model.vocabulary == 0)
    contents->header.model.vocabulary = contents->header.resultWidth;
  contents->header.options = compiler.optionTexts(input);
  uint64_t weightBytes = contents->weightBytes;
  size_t kernelCount = kernels.entries.size();
  WriteOptions options;
  options.threads = static_cast<unsigned>(threads);
  options.cancel = &cancel;
  options.isStrict = command.isStrict;
  options.showProgress = !command.quiet;
  GRAPHC_RETURN_IF_ERROR(writePlan(command.output, std::move(*contents), texts, input, options));
  if (!command.quiet)
    std::fprintf(
        stderr,
        "%s: %zu kernels for %s, %s of weights; passes %.2f s, code %.2f s, weights %.2f s\n",
        command.output.c_str(), kernelCount, compiler.target().level().c_str(),
        sizeText(weightBytes).c_str(), passSeconds, codeSeconds, watch.lap());
  return {};
}

} // namespace graphc
