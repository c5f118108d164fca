#include "Contestants.h"

#include "../unit/codegen/KernelContext.h"
#include "codegen/CostText.h"
#include "tools/machine/MachineFacts.h"
#include "tools/trial/TrialMemory.h"

#include "mlir/Parser/Parser.h"

#include <algorithm>

using namespace mlir;

namespace graphc::bench {

/// So many that taken in turn they are twice as large as the last cache: a model's weights are not
/// in it either. At most a quarter of what memory is free.
static int64_t copiesOf(uint64_t weightBytes) {
  MachineFacts facts = MachineFacts::read();
  uint64_t wanted = std::max<uint64_t>(2 * facts.lastCacheBytes(), uint64_t(256) << 20);
  wanted = std::min(wanted, facts.availableBytes.value_or(wanted * 4) / 4);
  return std::max<int64_t>(1, static_cast<int64_t>(wanted / weightBytes));
}

static Expected<Work> workOf(KernelOp kernel, const Target &target, int64_t tokens) {
  CostText cost = costText(kernel, target);
  PlanKernel described;
  described.flops = cost.flops;
  described.bytes = cost.bytes;
  described.arithmetic = cost.arithmetic;
  double rows = static_cast<double>(tokens);
  StepShape step{rows, rows, rows};
  return kernelWork(described, {&step, 1});
}

Expected<GeneratedMatmul> GeneratedMatmul::create(const MatmulCase &test, const Target &target) {
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(test.kernelText(), &test::kernelContext());
  if (!module)
    return internalError(test.name() + ": the kernel does not parse");
  StepBounds bounds{test.maxRows(), test.maxRows(), test.context()};
  FailureOr<EmittedKernels> kernels = emitKernels(*module, bounds, target);
  if (failed(kernels))
    return unsupported(test.name() + ": the kernel cannot be emitted");
  FailureOr<CompiledKernels> compiled = lowerKernels(*kernels);
  if (failed(compiled))
    return internalError(test.name() + ": the kernel cannot be lowered");
  GRAPHC_RETURN_IF_ERROR(compiled->optimize(target));
  GRAPHC_ASSIGN_OR_RETURN(std::vector<std::byte> object, compiled->sharedObject(target));

  GeneratedMatmul result;
  const KernelEntry &entry = kernels->entries.front();
  result.tokens = test.tokens;
  GRAPHC_ASSIGN_OR_RETURN(result.code, CodeObject::load(object, test.name()));
  GRAPHC_ASSIGN_OR_RETURN(result.kernel, result.code.kernel(entry.symbol));
  GRAPHC_ASSIGN_OR_RETURN(result.pool, ThreadPool::create(test.threads));
  GRAPHC_ASSIGN_OR_RETURN(result.kernelWork, workOf(entry.kernel, target, test.tokens));
  auto weightBytes =
      static_cast<uint64_t>(test.depth() * test.channels() * test.type->weightBits / 8);
  GRAPHC_ASSIGN_OR_RETURN(
      KernelTrial trial, KernelTrial::create(entry, bounds, {test.threads, copiesOf(weightBytes)}));
  result.trial = std::make_unique<KernelTrial>(std::move(trial));
  return result;
}

void GeneratedMatmul::run() { trial->run(kernel, tokens, *pool); }

Expected<OneDnnYardstick> OneDnnYardstick::create(const MatmulCase &test) {
  OneDnnYardstick result;
  result.threads = test.threads;
  limitOneDnnThreads(test.threads); // which code it generates depends on it too
  OneDnnProduct product{test.tokens,           test.depth(),
                        test.channels(),       test.type->yardstick,
                        /*unsignedRows=*/true, OneDnnProduct::Weight::Own};
  GRAPHC_ASSIGN_OR_RETURN(OneDnnMatmul matmul, OneDnnMatmul::create(product));
  result.matmul = std::make_unique<OneDnnMatmul>(std::move(matmul));
  result.chosen = result.matmul->implementation();
  auto bytes = [](int64_t rows, int64_t columns, int64_t each) {
    return static_cast<uint64_t>(rows * columns * each);
  };
  GRAPHC_ASSIGN_OR_RETURN(
      result.rows, trialMemory(bytes(test.tokens, test.depth(), byteSize(test.type->yardstick))));
  GRAPHC_ASSIGN_OR_RETURN(result.result,
                          trialMemory(bytes(test.tokens, test.channels(), sizeof(float))));
  GRAPHC_ASSIGN_OR_RETURN(result.scratch, trialMemory(result.matmul->scratchBytes()));
  for (int64_t i = copiesOf(result.matmul->weightBytes()); i > 0; --i) {
    GRAPHC_ASSIGN_OR_RETURN(MappedMemory weight, trialMemory(result.matmul->weightBytes()));
    result.weights.push_back(std::move(weight));
  }
  return result;
}

Status OneDnnYardstick::run() {
  limitOneDnnThreads(threads);
  const MappedMemory &weight = weights[nextWeight++ % weights.size()];
  return matmul->run(rows.data(), weight.data(), result.data(), scratch.data());
}

} // namespace graphc::bench
