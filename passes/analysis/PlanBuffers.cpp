#include "passes/analysis/PlanBuffers.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace graphc {

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
      FailureOr<SmallVector<uint64_t>> bytes = kernel.getBoundedBytes(plan.getBounds());
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
                                  number,
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

void PlanBuffers::extendOverGroups(PlanOp plan) {
  SmallVector<int64_t> first; // of every dispatch's group
  for (auto dispatch : plan.getBody().getOps<DispatchOp>())
    first.push_back(dispatch.getTogether() && !first.empty() ? first.back()
                                                             : int64_t(first.size()));
  SmallVector<int64_t> last(first.size());
  for (size_t i = first.size(); i-- > 0;)
    last[i] = i + 1 < first.size() && first[i + 1] == first[i] ? last[i + 1] : int64_t(i);
  for (PlanBuffer &buffer : buffers) {
    buffer.usage.firstUse = first[size_t(buffer.usage.firstUse)];
    buffer.usage.lastUse = last[size_t(buffer.usage.lastUse)];
  }
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
