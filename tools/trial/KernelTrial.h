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
  /// A weight (or KV cache) that fits into a cache is read from there when the kernel runs again,
  /// as no model's weights are: so there are this many of it, taken in turn.
  int64_t copies = 1;
  int64_t cached = 0;     ///< Tokens of the sequence before the step.
  int64_t vocabulary = 1; ///< Ids of tokens are random numbers below.
};

/// Operands, results, a cache and a step of one sequence for a kernel, filled with made-up numbers.
/// What the kernel computes is of no use; how long it takes is.
class KernelTrial {
public:
  /// Resources when there is not enough memory. The kernel's op, its operation in the module, need
  /// not live on.
  static Expected<KernelTrial> create(const KernelEntry &entry, const StepBounds &bounds,
                                      const TrialOptions &options);

  /// Runs `kernel`, the entry's code, once on `pool` (of at most options.threads threads) for a
  /// step of that many tokens, all of whose rows are wanted. The bounds have room for them behind
  /// the cached ones.
  void run(KernelFn kernel, int64_t tokens, ThreadPool &pool);

  /// The same with the product computed by a provider. Fails when that does.
  Status run(ProductRunner &product, int64_t tokens, ThreadPool &pool);

private:
  /// Arguments for a step of `tokens` tokens with the next copy.
  const int64_t *prepare(int64_t tokens);
  Status allocate(KernelOp kernel, const PlanProduct *product, const StepBounds &bounds,
                  const TrialOptions &options);
  Expected<int64_t> addMemory(uint64_t bytes);
  Expected<int64_t> addCopies(uint64_t bytes, int64_t count);
  void fillStep(const StepBounds &bounds, int64_t vocabulary);

  PlanTasks kernelTasks;
  int64_t cachedTokens = 0;
  std::vector<MappedMemory> memories;
  MappedMemory scratchMemory;
  MappedMemory sharedMemory; ///< What shares of a task leave each other.
  MappedMemory denseRows;    ///< Of a provider's product.
  uint64_t scratchStride = 0;
  std::vector<int32_t> zeros, counting; ///< The step's arrays: one sequence.
  std::vector<int32_t> tokenIds;        ///< Each run has those behind the last one's.
  size_t nextToken = 0;
  std::array<int32_t, 2> rowOffsets = {};
  std::vector<int64_t> args;
  std::vector<int64_t> copies; ///< Addresses.
  size_t nextCopy = 0;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_TRIAL_KERNELTRIAL_H
