#include "tools/trial/KernelTrial.h"

#include "runtime/base/CheckedMath.h"
#include "runtime/exec/Shares.h"
#include "tools/trial/TrialMemory.h"

#include <algorithm>
#include <numeric>
#include <random>

using namespace mlir;

namespace graphc {

/// Operand that there are copies of: the weight of a matmul kernel, the cache of attention.
static constexpr size_t kCopiedOperand = 1;
/// Ids of tokens beyond those of a step, before they repeat.
static constexpr size_t kTokenIds = 1 << 16;
static constexpr int64_t kPageBytes = 4096;

Expected<KernelTrial> KernelTrial::create(const KernelEntry &entry, const StepBounds &bounds,
                                          const TrialOptions &options) {
  KernelTrial trial;
  trial.kernelTasks = entry.emitted.tasks;
  trial.cachedTokens = options.cached;
  trial.scratchStride =
      static_cast<uint64_t>(roundUp(std::max<int64_t>(1, entry.scratchBytes()), kPageBytes));
  GRAPHC_RETURN_IF_ERROR(trial.allocate(
      entry.kernel, entry.product ? &entry.product->plan : nullptr, bounds, options));
  trial.fillStep(bounds, options.vocabulary);
  return trial;
}

Expected<int64_t> KernelTrial::addMemory(uint64_t bytes) {
  GRAPHC_ASSIGN_OR_RETURN(MappedMemory memory, trialMemory(bytes));
  memories.push_back(std::move(memory));
  return reinterpret_cast<int64_t>(memories.back().data());
}

/// Side by side, so that they are in huge pages even where one is small. Returns the first.
Expected<int64_t> KernelTrial::addCopies(uint64_t bytes, int64_t count) {
  int64_t stride = roundUp(static_cast<int64_t>(bytes), kBufferAlignment);
  GRAPHC_ASSIGN_OR_RETURN(int64_t address, addMemory(static_cast<uint64_t>(stride * count)));
  for (int64_t copy = 0; copy < count; ++copy)
    copies.push_back(address + copy * stride);
  return address;
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
  for (auto [i, type] : llvm::enumerate(types)) {
    uint64_t bytes = (*sizes)[i];
    if (auto cache = dyn_cast<KvCacheType>(type))
      bytes = static_cast<uint64_t>(ceilDiv(bounds.cached, kPageTokens) *
                                    kvLayoutOf(cache).pageBytes());
    GRAPHC_ASSIGN_OR_RETURN(int64_t address, i == kCopiedOperand ? addCopies(bytes, options.copies)
                                                                 : addMemory(bytes));
    args.push_back(isa<StepType>(type) ? 0 : address);
  }
  if (product) {
    auto bytes = static_cast<uint64_t>(std::max(bounds.tokens, bounds.rows) * product->depth *
                                       byteSize(product->type));
    GRAPHC_ASSIGN_OR_RETURN(denseRows, trialMemory(bytes));
  }
  GRAPHC_ASSIGN_OR_RETURN(
      sharedMemory,
      MappedMemory::reserve(kernelTasks.sharedBytes(/*tokens=*/1, bounds.cached), "shared memory"));
  args[kArgShared] = reinterpret_cast<int64_t>(sharedMemory.data());
  GRAPHC_ASSIGN_OR_RETURN(
      scratchMemory,
      MappedMemory::reserve(scratchStride * static_cast<uint64_t>(options.threads), "scratch"));
  return {};
}

/// One sequence in pages 0, 1, 2, ...
void KernelTrial::fillStep(const StepBounds &bounds, int64_t vocabulary) {
  auto most = static_cast<size_t>(std::max({bounds.tokens, bounds.rows, bounds.cached}));
  zeros.assign(most, 0);
  counting.resize(most);
  std::iota(counting.begin(), counting.end(), 0);
  std::mt19937 random(1);
  tokenIds.resize(kTokenIds + most);
  std::generate(tokenIds.begin(), tokenIds.end(),
                [&] { return static_cast<int32_t>(random() % static_cast<uint64_t>(vocabulary)); });
  auto set = [&](KernelArg arg, const int32_t *array) {
    args[arg] = reinterpret_cast<int64_t>(array);
  };
  set(kArgPosition, counting.data() + cachedTokens);
  set(kArgSlot, zeros.data());
  set(kArgOutRows, counting.data());
  set(kArgPageTable, counting.data());
  set(kArgColumnSlot, zeros.data());
  set(kArgColumnPosition, counting.data());
  args[kArgPageTableStride] = static_cast<int64_t>(most);
}

const int64_t *KernelTrial::prepare(int64_t tokens) {
  args[kArgT] = args[kArgR] = tokens;
  args[kArgS] = cachedTokens + tokens;
  args[kArgTokens] = reinterpret_cast<int64_t>(&tokenIds[nextToken]);
  nextToken = (nextToken + static_cast<size_t>(tokens)) % kTokenIds;
  args[kArgB] = 1;
  rowOffsets[1] = static_cast<int32_t>(tokens);
  args[kArgRowOffsets] = reinterpret_cast<int64_t>(rowOffsets.data());
  if (copies.size() > 1)
    args[kFirstOperand + kCopiedOperand] = copies[nextCopy++ % copies.size()];
  return args.data();
}

void KernelTrial::run(KernelFn kernel, int64_t tokens, ThreadPool &pool) {
  int64_t shares =
      sharesOf(kernelTasks, {pool.size(), /*maxSequences=*/1}, tokens, cachedTokens + tokens);
  args[kArgShares] = shares;
  const int64_t *arguments = prepare(tokens);
  pool.run(
      [&](int64_t begin, int64_t end, int thread) {
        kernel(arguments, begin, end,
               scratchMemory.data() + scratchStride * static_cast<uint64_t>(thread));
      },
      shares * kernelTasks.count(tokens));
}

Status KernelTrial::run(ProductRunner &product, int64_t tokens, ThreadPool &pool) {
  return product.run({prepare(tokens), tokens, kernelTasks.times, denseRows.data(),
                      scratchMemory.data(), scratchStride},
                     pool);
}

} // namespace graphc
