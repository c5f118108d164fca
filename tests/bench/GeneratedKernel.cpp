#include "GeneratedKernel.h"

#include "../unit/codegen/KernelContext.h"
#include "codegen/CostText.h"
#include "tools/machine/ReadLoops.h"

#include "mlir/Parser/Parser.h"

#include <algorithm>

using namespace mlir;

namespace graphc::bench {

int64_t copiesOf(uint64_t bytes) {
  uint64_t wanted = chooseReadBytes(MemoryLimits::ofThisProcess());
  return bytes > 0 ? std::max<int64_t>(1, static_cast<int64_t>(wanted / bytes)) : 1;
}

static Expected<Work> workOf(KernelOp kernel, const Target &target, const KernelCase &test) {
  CostText cost = costText(kernel, target);
  PlanKernel described;
  described.flops = cost.flops;
  described.bytes = cost.bytes;
  described.arithmetic = cost.arithmetic;
  auto tokens = static_cast<double>(test.tokens);
  StepShape step{tokens, tokens, static_cast<double>(test.cached) + tokens};
  return kernelWork(described, {&step, 1});
}

Expected<GeneratedKernel> GeneratedKernel::create(const KernelCase &test, const Target &target) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(test.text, &test::kernelContext());
  if (!module)
    return internalError(test.name + ": the kernel does not parse");
  FailureOr<EmittedKernels> kernels = emitKernels(*module, test.bounds(), target);
  if (failed(kernels))
    return unsupported(test.name + ": the kernel cannot be emitted");
  FailureOr<CompiledKernels> compiled = lowerKernels(*kernels);
  if (failed(compiled))
    return internalError(test.name + ": the kernel cannot be lowered");
  GRAPHC_RETURN_IF_ERROR(compiled->optimize(target));
  GRAPHC_ASSIGN_OR_RETURN(std::vector<std::byte> object, compiled->sharedObject(target));

  GeneratedKernel result;
  const KernelEntry &entry = kernels->entries.front();
  result.tokens = test.tokens;
  GRAPHC_ASSIGN_OR_RETURN(result.code, CodeObject::load(object, test.name));
  GRAPHC_ASSIGN_OR_RETURN(result.kernel, result.code.kernel(entry.symbol));
  GRAPHC_ASSIGN_OR_RETURN(result.pool, ThreadPool::create(test.threads));
  GRAPHC_ASSIGN_OR_RETURN(result.kernelWork, workOf(entry.kernel, target, test));
  TrialOptions options;
  options.threads = test.threads;
  options.copies = copiesOf(test.streamedBytes);
  options.cached = test.cached;
  options.vocabulary = test.vocabulary;
  GRAPHC_ASSIGN_OR_RETURN(KernelTrial trial, KernelTrial::create(entry, test.bounds(), options));
  result.trial = std::make_unique<KernelTrial>(std::move(trial));
  return result;
}

} // namespace graphc::bench
