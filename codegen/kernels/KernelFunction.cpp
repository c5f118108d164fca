#include "codegen/kernels/KernelFunction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <array>

using namespace mlir;

namespace graphc {

namespace {

// Order of the function's leading arguments: numbers, then arrays.
constexpr std::array<KernelArg, 5> kNumbers = {kArgT, kArgR, kArgS, kArgB, kArgPageTableStride};
constexpr std::array<KernelArg, 8> kArrays = {kArgTokens,     kArgPosition,      kArgSlot,
                                              kArgRowOffsets, kArgOutRows,       kArgPageTable,
                                              kArgColumnSlot, kArgColumnPosition};

// Extents that only type a memref; no address depends on them.
constexpr int64_t kManyPages = int64_t(1) << 32;
constexpr int64_t kManyEntries = int64_t(1) << 32;

template <size_t N>
unsigned indexIn(const std::array<KernelArg, N> &order, KernelArg which) {
  return static_cast<unsigned>(std::find(order.begin(), order.end(), which) - order.begin());
}

ElementType elementTypeOf(Type type) {
  return type.isF32() ? ElementType::F32 : type.isF16() ? ElementType::F16 : ElementType::BF16;
}

/// T, R or S of the `?` number `i` of a type whose names are `dims` (null: all are T).
PlanDim symbolOf(ArrayAttr dims, unsigned i) {
  StringRef name = dims ? cast<StringAttr>(dims[i]).getValue() : StringRef("T");
  return name == "T" ? PlanDim::T : name == "R" ? PlanDim::R : PlanDim::S;
}

/// A tensor's memory: each `?` at its bound.
FailureOr<Type> boundedMemRef(KernelOp kernel, RankedTensorType type, Attribute dims,
                              const StepBounds &bounds) {
  auto names = dyn_cast_or_null<ArrayAttr>(dims);
  if (!names && type.getNumDynamicDims() > 1)
    return kernel.emitOpError("expected the attribute graphc.dims on a value of type ") << type;
  SmallVector<int64_t> shape(type.getShape());
  unsigned next = 0;
  for (int64_t &extent : shape) {
    if (!ShapedType::isDynamic(extent))
      continue;
    PlanDim symbol = symbolOf(names, next++);
    extent = symbol == PlanDim::T   ? bounds.tokens
             : symbol == PlanDim::R ? bounds.rows
                                    : bounds.cached;
  }
  return Type(MemRefType::get(shape, type.getElementType()));
}

/// The memory of a kernel's operand or result; null for a step.
FailureOr<Type> memoryType(KernelOp kernel, Type type, Attribute dims, const StepBounds &bounds) {
  if (isa<StepType>(type))
    return Type();
  if (auto cache = dyn_cast<KvCacheType>(type)) {
    KvLayout layout = kvLayoutOf(cache);
    int64_t elements = layout.pageBytes() / byteSize(layout.elementType);
    return Type(MemRefType::get({kManyPages, elements}, cache.getElementType()));
  }
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return boundedMemRef(kernel, tensor, dims, bounds);
  return kernel.emitOpError("expected tensors, caches and the step as operands but got ") << type;
}

/// The memories of all operands, then of all results.
FailureOr<SmallVector<Type>> memoryTypes(KernelOp kernel, const StepBounds &bounds) {
  SmallVector<Type> types;
  auto add = [&](Type type, Attribute dims) {
    FailureOr<Type> memory = memoryType(kernel, type, dims, bounds);
    if (succeeded(memory))
      types.push_back(*memory);
    return succeeded(memory);
  };
  for (auto [i, type] : llvm::enumerate(kernel.getArgumentTypes())) {
    if (!add(type, kernel.getArgAttr(i, "graphc.dims")))
      return failure();
  }
  for (auto [i, type] : llvm::enumerate(kernel.getResultTypes())) {
    if (!add(type, kernel.getResultAttr(i, "graphc.dims")))
      return failure();
  }
  return types;
}

} // namespace

KvLayout kvLayoutOf(KvCacheType type) {
  return {type.getHeads(), type.getHeadDim(), elementTypeOf(type.getElementType())};
}

FailureOr<KernelFunction> KernelFunction::create(ModuleOp module, KernelOp kernel,
                                                 const StepBounds &bounds) {
  FailureOr<SmallVector<Type>> memories = memoryTypes(kernel, bounds);
  if (failed(memories))
    return failure();

  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Type index = builder.getIndexType();
  SmallVector<Type> inputs(kNumbers.size(), index);
  inputs.append(kArrays.size(), MemRefType::get({kManyEntries}, builder.getI32Type()));
  llvm::copy_if(*memories, std::back_inserter(inputs), [](Type type) { return !!type; });
  inputs.append(2, index);
  inputs.push_back(MemRefType::get({kMaxScratchBytes}, builder.getI8Type()));

  KernelFunction result(kernel, bounds);
  result.func = func::FuncOp::create(builder, kernel.getLoc(), kernel.getSymName(),
                                     builder.getFunctionType(inputs, {}));
  Block *body = result.func.addEntryBlock();
  OpBuilder bodyEnd = OpBuilder::atBlockEnd(body);
  func::ReturnOp::create(bodyEnd, kernel.getLoc());

  unsigned next = kNumbers.size() + kArrays.size();
  for (auto [i, type] : llvm::enumerate(*memories)) {
    Value memory = type ? Value(body->getArgument(next++)) : Value();
    bool isOperand = i < kernel.getArgumentTypes().size();
    (isOperand ? result.operands : result.results).push_back(memory);
  }
  return result;
}

ImplicitLocOpBuilder KernelFunction::bodyBuilder() {
  Operation *terminator = func.getBody().front().getTerminator();
  return ImplicitLocOpBuilder(terminator->getLoc(), terminator);
}

Value KernelFunction::dim(KernelArg which) { return func.getArgument(indexIn(kNumbers, which)); }

PlanDim KernelFunction::planDim(Value tensor, unsigned dimension) const {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dimension))
    return PlanDim::One;
  KernelOp owner = kernel;
  Attribute dims;
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    dims = owner.getArgAttr(argument.getArgNumber(), "graphc.dims");
  else
    dims = owner.getResultAttr(cast<OpResult>(tensor).getResultNumber(), "graphc.dims");
  auto isDynamic = [](int64_t extent) { return ShapedType::isDynamic(extent); };
  unsigned number = llvm::count_if(type.getShape().take_front(dimension), isDynamic);
  return symbolOf(dyn_cast_or_null<ArrayAttr>(dims), number);
}

Value KernelFunction::extent(OpBuilder &builder, Value tensor, unsigned dimension) {
  switch (planDim(tensor, dimension)) {
  case PlanDim::One:
    break;
  case PlanDim::T:
    return dim(kArgT);
  case PlanDim::R:
    return dim(kArgR);
  case PlanDim::S:
    return dim(kArgS);
  }
  int64_t size = cast<RankedTensorType>(tensor.getType()).getDimSize(dimension);
  return arith::ConstantIndexOp::create(builder, tensor.getLoc(), size);
}

Value KernelFunction::stepArray(KernelArg which) {
  return func.getArgument(kNumbers.size() + indexIn(kArrays, which));
}

Value KernelFunction::memoryOf(Value value) const {
  if (!value)
    return {};
  if (auto argument = dyn_cast<BlockArgument>(value))
    return operands[argument.getArgNumber()];
  return results[cast<OpResult>(value).getResultNumber()];
}

Value KernelFunction::begin() { return func.getArgument(func.getNumArguments() - 3); }

Value KernelFunction::end() { return func.getArgument(func.getNumArguments() - 2); }

Value KernelFunction::scratch(OpBuilder &builder, MemRefType type, int64_t offset) {
  Value all = func.getArgument(func.getNumArguments() - 1);
  Value start = arith::ConstantIndexOp::create(builder, all.getLoc(), offset);
  return memref::ViewOp::create(builder, all.getLoc(), type, all, start, ValueRange{});
}

} // namespace graphc
