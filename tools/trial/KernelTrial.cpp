#include "tools/trial/KernelTrial.h"

#include "runtime/base/CheckedMath.h"
#include "tools/trial/TrialMemory.h"

#include <algorithm>
#include <numeric>

using namespace mlir;

namespace graphc {

/// Operand of a matmul kernel that is its weight.
static constexpr size_t kWeightOperand = 1;
static constexpr int64_t kPageBytes = 4096;

Expected<KernelTrial> KernelTrial::create(const KernelEntry &entry, const StepBounds &bounds,
                                          const TrialOptions &options) {
  KernelTrial trial;
  trial.kernelTasks = entry.emitted.tasks;
  trial.scratchStride =
      static_cast<uint64_t>(roundUp(std::max<int64_t>(1, entry.scratchBytes()), kPageBytes));
  GRAPHC_RETURN_IF_ERROR(trial.allocate(
      entry.kernel, entry.product ? &entry.product->plan : nullptr, bounds, options));
  trial.fillStep(bounds);
  return trial;
}

Expected<int64_t> KernelTrial::addMemory(uint64_t bytes) {
  GRAPHC_ASSIGN_OR_RETURN(MappedMemory memory, trialMemory(bytes));
  memories.push_back(std::move(memory));
  return reinterpret_cast<int64_t>(memories.back().data());
}

Status KernelTrial::allocate(KernelOp kernel, const PlanProduct *product, const StepBounds &bounds,
                             const TrialOptions &options) {
  FailureOr<SmallVector<uint64_t>> sizes =
      kernel.getBoundedBytes({bounds.tokens, bounds.rows, bounds.cached});
  if (failed(sizes))
    return internalError("a kernel's operands have no size");
  SmallVector<Type> types(kernel.getArgumentTypes());
  llvm::append_range(types, kernel.getResultTypes());
  args.assign(kFirstOperand, 0);
  for (auto [type, size] : llvm::zip_equal(types, *sizes)) {
    uint64_t bytes = size;
    if (auto cache = dyn_cast<KvCacheType>(type))
      bytes = static_cast<uint64_t>(ceilDiv(bounds.cached, kPageTokens) *
                                    kvLayoutOf(cache).pageBytes());
    GRAPHC_ASSIGN_OR_RETURN(int64_t address, addMemory(bytes));
    args.push_back(isa<StepType>(type) ? 0 : address);
  }
  weights.push_back(args[kFirstOperand + kWeightOperand]);
  for (int64_t copy = 1; copy < options.weightCopies; ++copy) {
    GRAPHC_ASSIGN_OR_RETURN(int64_t address, addMemory((*sizes)[kWeightOperand]));
    weights.push_back(address);
  }
  if (product) {
    auto bytes = static_cast<uint64_t>(std::max(bounds.tokens, bounds.rows) * product->depth *
                                       byteSize(product->type));
    GRAPHC_ASSIGN_OR_RETURN(denseRows, trialMemory(bytes));
  }
  GRAPHC_ASSIGN_OR_RETURN(
      scratchMemory,
      MappedMemory::reserve(scratchStride * static_cast<uint64_t>(options.threads), "scratch"));
  return {};
}

/// One sequence that begins with this step, in pages 0, 1, 2, ...
void KernelTrial::fillStep(const StepBounds &bounds) {
  auto most = static_cast<size_t>(std::max({bounds.tokens, bounds.rows, bounds.cached}));
  zeros.assign(most, 0);
  counting.resize(most);
  std::iota(counting.begin(), counting.end(), 0);
  auto set = [&](KernelArg arg, const int32_t *array) {
    args[arg] = reinterpret_cast<int64_t>(array);
  };
  set(kArgTokens, zeros.data());
  set(kArgPosition, counting.data());
  set(kArgSlot, zeros.data());
  set(kArgOutRows, counting.data());
  set(kArgPageTable, counting.data());
  set(kArgColumnSlot, zeros.data());
  set(kArgColumnPosition, counting.data());
  args[kArgPageTableStride] = static_cast<int64_t>(most);
  args[kArgShares] = 1;
}

const int64_t *KernelTrial::prepare(int64_t tokens) {
  args[kArgT] = args[kArgR] = args[kArgS] = tokens;
  args[kArgB] = 1;
  rowOffsets[1] = static_cast<int32_t>(tokens);
  args[kArgRowOffsets] = reinterpret_cast<int64_t>(rowOffsets.data());
  args[kFirstOperand + kWeightOperand] = weights[nextWeight++ % weights.size()];
  return args.data();
}

void KernelTrial::run(KernelFn kernel, int64_t tokens, ThreadPool &pool) {
  const int64_t *arguments = prepare(tokens);
  pool.run(
      [&](int64_t begin, int64_t end, int thread) {
        kernel(arguments, begin, end,
               scratchMemory.data() + scratchStride * static_cast<uint64_t>(thread));
      },
      kernelTasks.count(tokens));
}

Status KernelTrial::run(ProductRunner &product, int64_t tokens, ThreadPool &pool) {
  return product.run({prepare(tokens), tokens, kernelTasks.times, denseRows.data(),
                      scratchMemory.data(), scratchStride},
                     pool);
}

} // namespace graphc
