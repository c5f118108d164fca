#include "passes/analysis/PlanBuffers.h"

#include "ir/SymbolicDims.h"
#include "passes/analysis/DispatchList.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace graphc {

StepDims boundsOf(PlanOp plan) {
  const int64_t tokens = int64_t(plan.getMaxTokens());
  return {.tokens = tokens, .rows = tokens, .cached = int64_t(plan.getContext())};
}

/// Bytes of every operand and result of a kernel; 0 for those that are no tensors.
static FailureOr<SmallVector<uint64_t>> kernelBytes(KernelOp kernel, const StepDims &bounds) {
  FailureOr<SymbolicDims> dims = SymbolicDims::analyze(cast<FunctionOpInterface>(*kernel));
  if (failed(dims))
    return failure();
  SmallVector<Value> values(kernel.getBody().getArguments());
  llvm::append_range(values, kernel.getBody().front().getTerminator()->getOperands());
  SmallVector<uint64_t> bytes;
  for (Value value : values) {
    auto size = boundedBytes(value.getType(), dims->get(value), bounds);
    if (isa<RankedTensorType>(value.getType()) && !size)
      return kernel.emitOpError() << "expected operands and results that fit in memory";
    bytes.push_back(size.value_or(0));
  }
  return bytes;
}

FailureOr<PlanBuffers> PlanBuffers::collect(PlanOp plan) {
  PlanBuffers result;
  SymbolTableCollection symbols;
  DenseMap<Operation *, SmallVector<uint64_t>> sizes;
  DenseMap<int64_t, int64_t> current; // offset -> buffer that is there now
  int64_t number = 0;
  for (auto dispatch : plan.getBody().getOps<DispatchOp>()) {
    auto kernel = symbols.lookupNearestSymbolFrom<KernelOp>(plan, dispatch.getKernelAttr());
    if (!kernel)
      return dispatch.emitOpError() << "expected a kernel named " << dispatch.getKernel();
    if (!sizes.contains(kernel)) {
      FailureOr<SmallVector<uint64_t>> bytes = kernelBytes(kernel, boundsOf(plan));
      if (failed(bytes))
        return failure();
      sizes[kernel] = *bytes;
    }
    const size_t operands = kernel.getArgumentTypes().size();
    std::vector<int64_t> &bindings = result.ofBinding.emplace_back();
    for (auto [index, binding] : llvm::enumerate(dispatch.getBindings())) {
      auto arena = dyn_cast<ArenaAttr>(binding);
      if (!arena) {
        bindings.push_back(-1);
        continue;
      }
      if (index >= operands) {
        current[arena.getOffset()] = int64_t(result.buffers.size());
        result.buffers.push_back({{number, number, sizes[kernel][index]},
                                  uint64_t(arena.getOffset()),
                                  dispatch.getLabel().str()});
      } else if (!current.contains(arena.getOffset())) {
        return dispatch.emitOpError()
               << "expected an earlier dispatch to write at offset " << arena.getOffset();
      }
      bindings.push_back(current[arena.getOffset()]);
      result.buffers[size_t(bindings.back())].usage.lastUse = number;
    }
    ++number;
  }
  return std::move(result);
}

std::vector<BufferUsage> PlanBuffers::usages() const {
  std::vector<BufferUsage> list;
  for (const PlanBuffer &buffer : buffers)
    list.push_back(buffer.usage);
  return list;
}

void PlanBuffers::print(llvm::raw_ostream &os) const {
  uint64_t sum = 0;
  uint64_t end = 0;
  os << "      offset        bytes  first   last  written by\n";
  for (const PlanBuffer &buffer : buffers) {
    os << llvm::format("%12llu %12llu %6lld %6lld  ", (unsigned long long)buffer.offset,
                       (unsigned long long)buffer.usage.bytes, (long long)buffer.usage.firstUse,
                       (long long)buffer.usage.lastUse)
       << buffer.label << "\n";
    sum += buffer.usage.bytes;
    end = std::max(end, buffer.offset + buffer.usage.bytes);
  }
  os << buffers.size() << " buffers, " << sum << " bytes without sharing, " << end
     << " bytes in the arena, " << peakLiveBytes(usages()) << " bytes alive at most\n";
}

} // namespace graphc
