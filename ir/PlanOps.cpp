// Parsing, printing and checks of PlanOps.td.
#include "ir/GraphDialect.h"
#include "ir/OpRules.h"

#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;
using namespace graphc;

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  auto buildType = [](Builder &builder, ArrayRef<Type> inputs, ArrayRef<Type> results,
                      function_interface_impl::VariadicFlag,
                      std::string &) { return builder.getFunctionType(inputs, results); };
  return function_interface_impl::parseFunctionOp(
      parser, result, /*allowVariadic=*/false, getFunctionTypeAttrName(result.name), buildType,
      getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}

void KernelOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(printer, *this, /*isVariadic=*/false,
                                           getFunctionTypeAttrName(), getArgAttrsAttrName(),
                                           getResAttrsAttrName());
}

Operation *KernelOp::getComputedOp() { return &getBody().front().front(); }

FailureOr<SmallVector<uint64_t>> KernelOp::getBoundedBytes(const StepDims &bounds) {
  FailureOr<SymbolicDims> dims = SymbolicDims::analyze(cast<FunctionOpInterface>(getOperation()));
  if (failed(dims))
    return failure();
  SmallVector<Value> values(getBody().getArguments());
  llvm::append_range(values, getBody().front().getTerminator()->getOperands());
  SmallVector<uint64_t> bytes;
  for (Value value : values) {
    std::optional<uint64_t> size = boundedBytes(value.getType(), dims->get(value), bounds);
    if (isa<RankedTensorType>(value.getType()) && !size)
      return emitOpError() << "expected operands and results that fit in memory";
    bytes.push_back(size.value_or(0));
  }
  return bytes;
}

LogicalResult KernelOp::verifyRegions() {
  if (getBody().empty())
    return emitOpError() << "expected a body but got none";
  Block &block = getBody().front();
  auto yield = dyn_cast<YieldOp>(block.back());
  if (!yield || block.getOperations().size() != 2 ||
      !isa<GraphcDialect>(block.front().getDialect())) // C1
    return emitOpError() << "expected one graphc op and graphc.yield but got "
                         << block.getOperations().size() << " ops";
  Operation *op = getComputedOp();
  for (BlockArgument argument : block.getArguments())
    if (argument.use_empty()) // C2
      return emitOpError() << "expected every argument to be used but argument "
                           << argument.getArgNumber() << " is not";
  if (yield.getValues() != op->getResults()) // C3
    return yield.emitOpError() << "expected all results of the kernel's op, in order, but got "
                               << "others";
  if (yield.getValues().getTypes() != TypeRange(getResultTypes()))
    return yield.emitOpError() << "expected values of types (" << getResultTypes() << ") but got ("
                               << yield.getValues().getTypes() << ")";
  return success();
}

StepDims PlanOp::getBounds() {
  const int64_t tokens = int64_t(getMaxTokens());
  return {.tokens = tokens, .rows = tokens, .cached = int64_t(getContext())};
}

LogicalResult PlanOp::verifyRegions() {
  if (failed(rules::expectAtLeast(*this, "arena", getArenaBytes(), 0)) || // C1
      failed(rules::expectAtLeast(*this, "max_tokens", getMaxTokens(), 1)) ||
      failed(rules::expectAtLeast(*this, "context", getContext(), 1)))
    return failure();
  for (Operation &op : getBody().front())
    if (!isa<DispatchOp>(op)) // C2
      return op.emitOpError() << "expected graphc.dispatch in a plan but got this";
  return success();
}

//===----------------------------------------------------------------------===//
// dispatch
//===----------------------------------------------------------------------===//

/// Alignment of what is in the arena, in bytes: a cache line.
static constexpr int64_t kArenaAlignment = 64;

/// Whether a binding is of a kind that a value of this type can have.
static bool canBind(Attribute binding, Type type, bool isResult) {
  if (isa<KvCacheType>(type))
    return isa<KvAttr>(binding);
  if (isa<StepType>(type))
    return isa<StepInputsAttr>(binding);
  return isa<ArenaAttr, ResultAttr>(binding) || (isa<WeightAttr>(binding) && !isResult);
}

static LogicalResult verifyWeightBinding(DispatchOp dispatch, WeightAttr binding, Type type,
                                         SymbolTableCollection &symbols) {
  auto weight = symbols.lookupNearestSymbolFrom<WeightOp>(dispatch, binding.getSymbol());
  if (!weight)
    return dispatch.emitOpError() << "expected a graphc.weight named " << binding.getSymbol()
                                  << " but got none";
  if (weight.getType() != type)
    return dispatch.emitOpError() << "expected a weight of type " << type << " but "
                                  << binding.getSymbol() << " has type " << weight.getType();
  if (binding.getLayer() < 0 || binding.getLayer() >= int64_t(weight.getLayers()))
    return dispatch.emitOpError() << "expected a layer of " << binding.getSymbol() << " in [0, "
                                  << weight.getLayers() << ") but got " << binding.getLayer();
  return success();
}

/// C5 to C7: what a binding names is there.
static LogicalResult verifyBinding(DispatchOp dispatch, Attribute binding, Type type,
                                   SymbolTableCollection &symbols) {
  if (auto arena = dyn_cast<ArenaAttr>(binding)) { // C5
    const int64_t bytes = cast<PlanOp>(dispatch->getParentOp()).getArenaBytes();
    const int64_t offset = arena.getOffset();
    if (offset < 0 || offset >= bytes || offset % kArenaAlignment != 0)
      return dispatch.emitOpError() << "expected a multiple of " << kArenaAlignment << " in [0, "
                                    << bytes << ") as an offset in the arena but got " << offset;
  }
  if (auto weight = dyn_cast<WeightAttr>(binding)) // C6
    return verifyWeightBinding(dispatch, weight, type, symbols);
  if (auto cache = dyn_cast<KvAttr>(binding)) // C7
    return rules::expectAtLeast(dispatch, "a layer", cache.getLayer(), 0);
  return success();
}

/// C8 and C9: tensors in the arena have room, and nobody else's.
static LogicalResult verifyRanges(DispatchOp dispatch, KernelOp kernel) {
  auto plan = cast<PlanOp>(dispatch->getParentOp());
  FailureOr<SmallVector<uint64_t>> bytes = kernel.getBoundedBytes(plan.getBounds());
  if (failed(bytes))
    return failure();
  const size_t arguments = kernel.getArgumentTypes().size();
  SmallVector<std::pair<uint64_t, uint64_t>> ranges; // begin and end of what is in the arena so far
  for (auto [i, binding] : llvm::enumerate(dispatch.getBindings())) {
    auto arena = dyn_cast<ArenaAttr>(binding);
    if (!arena)
      continue;
    const auto begin = uint64_t(arena.getOffset());
    const uint64_t arenaBytes = uint64_t(plan.getArenaBytes());
    if ((*bytes)[i] > arenaBytes - begin) // C8
      return dispatch.emitOpError() << "expected " << (*bytes)[i] << " bytes at offset " << begin
                                    << " of the arena but it ends at " << arenaBytes;
    const uint64_t end = begin + (*bytes)[i];
    for (auto [otherBegin, otherEnd] : ranges)
      if (i >= arguments && begin < otherEnd && otherBegin < end) // C9
        return dispatch.emitOpError()
               << "expected a result apart from bytes " << otherBegin << " to " << otherEnd
               << " of the arena but got one at " << begin << " to " << end;
    ranges.push_back({begin, end});
  }
  return success();
}

/// What a dispatch reads and writes of the memory that dispatches have in common.
struct MemoryUse {
  using Bytes = std::pair<uint64_t, uint64_t>; ///< Begin and end in the arena.
  SmallVector<Bytes> reads, writes;
  bool usesCache = false, usesResult = false;
};

static FailureOr<MemoryUse> memoryUseOf(DispatchOp dispatch, SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<KernelOp>(dispatch, dispatch.getKernelAttr());
  if (!kernel)
    return failure();
  auto plan = cast<PlanOp>(dispatch->getParentOp());
  FailureOr<SmallVector<uint64_t>> bytes = kernel.getBoundedBytes(plan.getBounds());
  if (failed(bytes))
    return failure();
  MemoryUse use;
  const size_t arguments = kernel.getArgumentTypes().size();
  for (auto [i, binding] : llvm::enumerate(dispatch.getBindings())) {
    use.usesCache |= isa<KvAttr>(binding);
    use.usesResult |= isa<ResultAttr>(binding);
    auto arena = dyn_cast<ArenaAttr>(binding);
    if (!arena)
      continue;
    const auto begin = uint64_t(arena.getOffset());
    (i < arguments ? use.reads : use.writes).push_back({begin, begin + (*bytes)[i]});
  }
  return use;
}

static bool overlap(ArrayRef<MemoryUse::Bytes> some, ArrayRef<MemoryUse::Bytes> others) {
  return llvm::any_of(some, [&](MemoryUse::Bytes a) {
    return llvm::any_of(
        others, [&](MemoryUse::Bytes b) { return a.first < b.second && b.first < a.second; });
  });
}

/// Whether the two may run at the same time.
static bool areIndependent(DispatchOp one, DispatchOp other, SymbolTableCollection &symbols) {
  FailureOr<MemoryUse> mine = memoryUseOf(one, symbols), its = memoryUseOf(other, symbols);
  if (failed(mine) || failed(its) || mine->usesCache || its->usesCache ||
      (mine->usesResult && its->usesResult))
    return false;
  return !overlap(mine->writes, its->writes) && !overlap(mine->writes, its->reads) &&
         !overlap(mine->reads, its->writes);
}

/// C10: the dispatches that this one runs with do not disturb it.
static LogicalResult verifyTogether(DispatchOp dispatch, SymbolTableCollection &symbols) {
  DispatchOp other = dispatch;
  while (other.getTogether()) {
    other = dyn_cast_or_null<DispatchOp>(other->getPrevNode());
    if (!other)
      return dispatch.emitOpError() << "expected a dispatch before one that runs together with it";
    if (!areIndependent(dispatch, other, symbols))
      return dispatch.emitOpError() << "expected to be independent of \"" << other.getLabel()
                                    << "\", which it runs together with";
  }
  return success();
}

LogicalResult DispatchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<KernelOp>(*this, getKernelAttr());
  if (!kernel) // C2
    return emitOpError() << "expected a graphc.kernel named " << getKernelAttr() << " but got none";
  const size_t arguments = kernel.getArgumentTypes().size();
  SmallVector<Type> types(kernel.getArgumentTypes());
  llvm::append_range(types, kernel.getResultTypes());
  if (getBindings().size() != types.size()) // C3
    return emitOpError() << "expected " << types.size()
                         << " bindings for the arguments and results "
                         << "of " << getKernelAttr() << " but got " << getBindings().size();
  for (auto [i, type] : llvm::enumerate(types))
    if (!canBind(getBindings()[i], type, /*isResult=*/i >= arguments)) // C4
      return emitOpError() << "expected a place of "
                           << (i >= arguments ? "a result" : "an argument") << " of type " << type
                           << " but got " << getBindings()[i];
  for (auto [i, type] : llvm::enumerate(types))
    if (failed(verifyBinding(*this, getBindings()[i], type, symbols)))
      return failure();
  if (failed(verifyRanges(*this, kernel)))
    return failure();
  return verifyTogether(*this, symbols);
}
