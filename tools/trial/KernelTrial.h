// One kernel of a plan on memory of its own, to be timed without a model.
#ifndef GRAPHC_TOOLS_TRIAL_KERNELTRIAL_H
#define GRAPHC_TOOLS_TRIAL_KERNELTRIAL_H

#include "codegen/EmitKernels.h"
#include "runtime/exec/ProductRunner.h"
#include "runtime/memory/MappedMemory.h"
#include "runtime/plan/KernelAbi.h"
#include "runtime/threads/ThreadPool.h"

#include <array>
#include <vector>

namespace graphc {

struct TrialOptions {
  int threads = 1;
  /// A weight that fits into a cache is read from there when the kernel runs again, as no model's
  /// weights are: so there are this many of it, taken in turn.
  int64_t weightCopies = 1;
};

/// Operands, results, a cache and a step of one sequence for a kernel of the matmul family, filled
/// with made-up numbers. What the kernel computes is of no use; how long it takes is.
class KernelTrial {
public:
  /// Resources when there is not enough memory. The kernel's op, its operation in the module, need
  /// not live on.
  static Expected<KernelTrial> create(const KernelEntry &entry, const StepBounds &bounds,
                                      const TrialOptions &options);

  /// Runs `kernel`, the entry's code, once on `pool` (of at most options.threads threads) for a
  /// step of that many tokens, all of whose rows are wanted.
  void run(KernelFn kernel, int64_t tokens, ThreadPool &pool);

  /// The same with the product computed by a provider. Fails when that does.
  Status run(ProductRunner &product, int64_t tokens, ThreadPool &pool);

private:
  /// Arguments for a step of `tokens` tokens with the next weight.
  const int64_t *prepare(int64_t tokens);
  Status allocate(KernelOp kernel, const PlanProduct *product, const StepBounds &bounds,
                  const TrialOptions &options);
  Expected<int64_t> addMemory(uint64_t bytes);
  void fillStep(const StepBounds &bounds);

  PlanTasks kernelTasks;
  std::vector<MappedMemory> memories;
  MappedMemory scratchMemory;
  MappedMemory denseRows; ///< Of a provider's product.
  uint64_t scratchStride = 0;
  std::vector<int32_t> zeros, counting; ///< The step's arrays: one sequence.
  std::array<int32_t, 2> rowOffsets = {};
  std::vector<int64_t> args;
  std::vector<int64_t> weights; ///< Addresses of the copies.
  size_t nextWeight = 0;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_TRIAL_KERNELTRIAL_H
