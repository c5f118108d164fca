#include "codegen/kernels/KernelFunction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <array>

using namespace mlir;

namespace graphc {

namespace {

// Order of the function's leading arguments: numbers, then arrays.
constexpr std::array<KernelArg, 6> kNumbers = {kArgT,     kArgR, kArgS, kArgB, kArgPageTableStride,
                                               kArgShares};
constexpr std::array<KernelArg, 8> kArrays = {kArgTokens,     kArgPosition,      kArgSlot,
                                              kArgRowOffsets, kArgOutRows,       kArgPageTable,
                                              kArgColumnSlot, kArgColumnPosition};

// Number of leading arguments; the last two are the input rows and the memory that threads share.
constexpr unsigned kLeadingArgs = kNumbers.size() + kArrays.size() + 2;

// Extents that only type a memref; no address depends on them.
constexpr int64_t kManyPages = int64_t(1) << 32;
constexpr int64_t kManyEntries = int64_t(1) << 32;
constexpr int64_t kManyBytes = int64_t(1) << 40;

template <size_t N>
unsigned indexIn(const std::array<KernelArg, N> &order, KernelArg which) {
  return static_cast<unsigned>(std::find(order.begin(), order.end(), which) - order.begin());
}

ElementType elementTypeOf(Type type) {
  return type.isInteger(8) ? ElementType::I8
         : type.isF32()    ? ElementType::F32
         : type.isF16()    ? ElementType::F16
                           : ElementType::BF16;
}

int64_t boundOf(Dim dim, const StepBounds &bounds) {
  return StepDims{bounds.tokens, bounds.rows, bounds.cached}(dim);
}

/// [rows, bytes of a row] of quantized rows, [panels, bytes of a panel] of a packed weight.
SmallVector<int64_t> quantBytes(QuantType type, ArrayRef<int64_t> shape) {
  if (type.isOfRows())
    return {shape[0], type.getRowFormat().rowBytes(shape[1])};
  return {shape[0], shape[1] * type.getFormat().blockBytes(kPanelRows)};
}

/// The memory of a kernel's operand or result; null for a step.
FailureOr<Type> memoryType(KernelOp kernel, Value value, ArrayRef<Dim> dims,
                           const StepBounds &bounds) {
  if (isa<StepType>(value.getType()))
    return Type();
  if (auto cache = dyn_cast<KvCacheType>(value.getType())) {
    KvLayout layout = kvLayoutOf(cache);
    return Type(MemRefType::get({kManyPages, layout.pageElements()}, cache.getElementType()));
  }
  auto tensor = dyn_cast<RankedTensorType>(value.getType());
  if (!tensor)
    return kernel.emitOpError("expected tensors, caches and the step as operands but got ")
           << value.getType();
  SmallVector<int64_t> shape;
  for (Dim dim : dims)
    shape.push_back(boundOf(dim, bounds));
  if (auto quant = dyn_cast<QuantType>(tensor.getElementType()))
    return Type(
        MemRefType::get(quantBytes(quant, shape), IntegerType::get(kernel.getContext(), 8)));
  return Type(MemRefType::get(shape, tensor.getElementType()));
}

} // namespace

FailureOr<SymbolicDims> kernelDims(KernelOp kernel) {
  SmallVector<DimList> arguments;
  for (auto [i, type] : llvm::enumerate(kernel.getArgumentTypes())) {
    auto names = kernel.getArgAttrOfType<ArrayAttr>(i, kDimsAttrName);
    unsigned next = 0;
    DimList &list = arguments.emplace_back();
    auto tensor = dyn_cast<RankedTensorType>(type);
    for (int64_t extent : tensor ? tensor.getShape() : ArrayRef<int64_t>()) {
      std::optional<Dim> symbol = Dim::tokens();
      if (ShapedType::isDynamic(extent) && names && next < names.size())
        symbol = Dim::parse(cast<StringAttr>(names[next++]).getValue());
      if (!symbol)
        return kernel.emitOpError("expected \"T\", \"R\" or \"S\" in ") << names;
      list.push_back(ShapedType::isDynamic(extent) ? *symbol : Dim::fixed(extent));
    }
  }
  return SymbolicDims::analyze(cast<FunctionOpInterface>(kernel.getOperation()), arguments);
}

KvLayout kvLayoutOf(KvCacheType type) {
  return {type.getHeads(), type.getHeadDim(), elementTypeOf(type.getElementType())};
}

FailureOr<KernelFunction> KernelFunction::create(ModuleOp module, KernelOp kernel,
                                                 const StepBounds &bounds) {
  FailureOr<SymbolicDims> dims = kernelDims(kernel);
  if (failed(dims))
    return failure();
  KernelFunction result(kernel, bounds, std::move(*dims));
  SmallVector<Value> values(kernel.getBody().getArguments());
  llvm::append_range(values, kernel.getComputedOp()->getResults());
  SmallVector<Type> memories;
  for (Value value : values) {
    FailureOr<Type> memory = memoryType(kernel, value, result.dims.get(value), bounds);
    if (failed(memory))
      return failure();
    memories.push_back(*memory);
  }

  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Type index = builder.getIndexType();
  SmallVector<Type> inputs(kNumbers.size(), index);
  inputs.append(kArrays.size(), MemRefType::get({kManyEntries}, builder.getI32Type()));
  inputs.push_back(MemRefType::get({kManyEntries}, builder.getF32Type()));
  inputs.push_back(MemRefType::get({kManyBytes}, builder.getI8Type()));
  llvm::copy_if(memories, std::back_inserter(inputs), [](Type type) { return !!type; });
  inputs.append(2, index);
  inputs.push_back(MemRefType::get({kMaxScratchBytes}, builder.getI8Type()));

  result.func = func::FuncOp::create(builder, kernel.getLoc(), kernel.getSymName(),
                                     builder.getFunctionType(inputs, {}));
  Block *body = result.func.addEntryBlock();
  OpBuilder bodyEnd = OpBuilder::atBlockEnd(body);
  func::ReturnOp::create(bodyEnd, kernel.getLoc());

  unsigned next = kLeadingArgs;
  for (auto [i, type] : llvm::enumerate(memories)) {
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
  switch (dims.get(tensor)[dimension].kind()) {
  case Dim::Kind::Static:
    return PlanDim::One;
  case Dim::Kind::T:
    return PlanDim::T;
  case Dim::Kind::R:
    return PlanDim::R;
  case Dim::Kind::S:
    return PlanDim::S;
  }
  return PlanDim::One;
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

Value KernelFunction::inputRows() { return func.getArgument(kLeadingArgs - 2); }

Value KernelFunction::memoryOf(Value value) const {
  if (!value)
    return {};
  if (auto argument = dyn_cast<BlockArgument>(value))
    return operands[argument.getArgNumber()];
  return results[cast<OpResult>(value).getResultNumber()];
}

Value KernelFunction::begin() { return func.getArgument(func.getNumArguments() - 3); }

Value KernelFunction::end() { return func.getArgument(func.getNumArguments() - 2); }

static Value viewOf(OpBuilder &builder, Value bytes, MemRefType type, int64_t offset) {
  Value start = arith::ConstantIndexOp::create(builder, bytes.getLoc(), offset);
  return memref::ViewOp::create(builder, bytes.getLoc(), type, bytes, start, ValueRange{});
}

Value KernelFunction::shared(OpBuilder &builder, MemRefType type, int64_t offset) {
  return viewOf(builder, func.getArgument(kLeadingArgs - 1), type, offset);
}

Value KernelFunction::scratch(OpBuilder &builder, MemRefType type, int64_t offset) {
  return viewOf(builder, func.getArgument(func.getNumArguments() - 1), type, offset);
}

} // namespace graphc
