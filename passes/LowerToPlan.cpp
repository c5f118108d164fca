// --graphc-lower-to-plan (see Passes.td).
#include "ir/SymbolicDims.h"
#include "passes/KernelNames.h"
#include "passes/Matchers.h"
#include "passes/Passes.h"
#include "passes/Stages.h"
#include "passes/WeightRewrite.h"
#include "passes/analysis/DispatchList.h"
#include "runtime/base/CheckedMath.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_LOWERTOPLANPASS
#include "passes/Passes.h.inc"

namespace {

constexpr int64_t kBufferAlignment = 64;

/// Makes one kernel per distinct op.
class Outliner {
public:
  Outliner(ModuleOp module, const SymbolicDims &dims)
      : module(module), symbols(module), dims(dims) {}

  /// The kernel that computes what `op` does.
  KernelOp kernelFor(Operation *op);

  /// The weight that holds a constant.
  WeightOp weightFor(ConstantOp constant);

private:
  KernelOp build(Operation *op, ArrayAttr argumentAttrs);

  ModuleOp module;
  SymbolTable symbols;
  const SymbolicDims &dims;
  DenseMap<Attribute, KernelOp> kernels; ///< By name, attributes, types and dimensions.
  DenseMap<Attribute, WeightOp> constants;
};

class LowerToPlanPass : public impl::LowerToPlanPassBase<LowerToPlanPass> {
public:
  void runOnOperation() override;

private:
  LogicalResult lower(func::FuncOp step, const StepDims &bounds);
};

} // namespace

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// One attribute dictionary per operand: which symbol each `?` is.
static ArrayAttr dimsAttrs(Operation *op, const SymbolicDims &dims) {
  Builder builder(op->getContext());
  SmallVector<Attribute> list;
  for (Value operand : op->getOperands()) {
    Attribute symbols = getDimsAttr(op->getContext(), dims.get(operand));
    list.push_back(symbols ? builder.getDictionaryAttr(builder.getNamedAttr(kDimsAttrName, symbols))
                           : builder.getDictionaryAttr({}));
  }
  return builder.getArrayAttr(list);
}

KernelOp Outliner::kernelFor(Operation *op) {
  Builder builder(op->getContext());
  ArrayAttr argumentAttrs = dimsAttrs(op, dims);
  Attribute key = builder.getArrayAttr(
      {op->getName().getIdentifier(), op->getAttrDictionary(), argumentAttrs,
       TypeAttr::get(builder.getFunctionType(op->getOperandTypes(), op->getResultTypes()))});
  KernelOp &kernel = kernels[key];
  if (!kernel)
    kernel = build(op, argumentAttrs);
  return kernel;
}

KernelOp Outliner::build(Operation *op, ArrayAttr argumentAttrs) {
  OpBuilder builder(op->getContext());
  auto type = builder.getFunctionType(op->getOperandTypes(), op->getResultTypes());
  auto kernel = KernelOp::create(builder, op->getLoc(), kernelName(op), type, argumentAttrs,
                                 /*res_attrs=*/ArrayAttr());
  Block &block = kernel.getBody().emplaceBlock();
  IRMapping mapping;
  for (Value operand : op->getOperands()) {
    Value argument = block.addArgument(operand.getType(), op->getLoc());
    mapping.map(operand, argument);
  }
  builder.setInsertionPointToEnd(&block);
  Operation *computed = builder.clone(*op, mapping);
  // Each operand is an argument of its own, also where the op uses a value twice.
  computed->setOperands(block.getArguments());
  YieldOp::create(builder, op->getLoc(), computed->getResults());
  symbols.insert(kernel, module.getBody()->end());
  return kernel;
}

WeightOp Outliner::weightFor(ConstantOp constant) {
  WeightOp &weight = constants[constant.getValue()];
  if (weight)
    return weight;
  OpBuilder builder(constant.getContext());
  weight = WeightOp::create(builder, constant.getLoc(), "constant", int64_t(1),
                            Type(constant.getType()));
  builder.setInsertionPointToEnd(&weight.getBody().front());
  Operation *value = builder.clone(*constant);
  YieldOp::create(builder, constant.getLoc(), value->getResults());
  symbols.insert(weight, module.getBody()->begin());
  return weight;
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

namespace {

/// Writes the dispatches of a list, every buffer at a place of its own.
class PlanWriter {
public:
  PlanWriter(const DispatchList &list, Outliner &outliner) : list(list), outliner(outliner) {}

  /// Gives every buffer its offset; fails when the sum does not fit.
  LogicalResult layOut();
  void write(PlanOp plan);

  uint64_t arenaBytes() const { return end; }

private:
  Attribute binding(const Place &place, MLIRContext *context);

  const DispatchList &list;
  Outliner &outliner;
  std::vector<uint64_t> offsets;
  uint64_t end = 0;
};

} // namespace

LogicalResult PlanWriter::layOut() {
  for (auto [index, buffer] : llvm::enumerate(list.buffers)) {
    offsets.push_back(end);
    if (int64_t(index) == list.resultBuffer)
      continue;
    auto next = checkedAdd(end, buffer.bytes);
    if (!next || *next > uint64_t(INT64_MAX) - kBufferAlignment)
      return failure();
    end = uint64_t(roundUp(int64_t(*next), kBufferAlignment));
  }
  return success();
}

Attribute PlanWriter::binding(const Place &place, MLIRContext *context) {
  switch (place.kind) {
  case Place::Kind::Buffer:
    if (place.index == list.resultBuffer)
      return ResultAttr::get(context);
    return ArenaAttr::get(context, int64_t(offsets[size_t(place.index)]));
  case Place::Kind::Weight:
    return WeightAttr::get(context, place.symbol, place.index);
  case Place::Kind::Constant:
    return WeightAttr::get(
        context, FlatSymbolRefAttr::get(outliner.weightFor(place.constant).getSymNameAttr()), 0);
  case Place::Kind::Kv:
    return KvAttr::get(context, place.index);
  case Place::Kind::Step:
  case Place::Kind::Number:
    return StepInputsAttr::get(context);
  }
  llvm_unreachable("all kinds are handled");
}

void PlanWriter::write(PlanOp plan) {
  MLIRContext *context = plan->getContext();
  OpBuilder builder(context);
  builder.setInsertionPointToEnd(&plan.getBody().emplaceBlock());
  for (const DispatchRecord &record : list.dispatches) {
    SmallVector<Attribute> bindings;
    for (const Place &place : record.operands)
      bindings.push_back(binding(place, context));
    for (const Place &place : record.results)
      bindings.push_back(binding(place, context));
    KernelOp kernel = outliner.kernelFor(record.op);
    DispatchOp::create(builder, record.op->getLoc(), kernel.getSymName(),
                       builder.getArrayAttr(bindings),
                       builder.getStringAttr(dispatchLabel(record.op, record.layer)));
  }
}

LogicalResult LowerToPlanPass::lower(func::FuncOp step, const StepDims &bounds) {
  ModuleOp module = getOperation();
  FailureOr<SymbolicDims> dims = SymbolicDims::analyze(module);
  if (failed(dims))
    return failure();
  FailureOr<DispatchList> list = DispatchList::build(step, *dims, bounds);
  if (failed(list))
    return failure();
  Outliner outliner(module, *dims);
  PlanWriter writer(*list, outliner);
  if (failed(writer.layOut()))
    return step.emitOpError() << "expected buffers that fit in 63 bits of address space";
  OpBuilder builder(module.getBodyRegion());
  builder.setInsertionPointToEnd(module.getBody());
  std::string name = step.getSymName().str();
  auto plan = PlanOp::create(builder, step.getLoc(), name, writer.arenaBytes(), bounds.tokens,
                             bounds.cached);
  writer.write(plan);
  plan->moveBefore(module.getBody(), module.getBody()->end());
  return success();
}

/// A bound that the module states, e.g. graphc.max_tokens.
static std::optional<int64_t> boundOf(ModuleOp module, StringRef name) {
  auto attribute = module->getAttrOfType<IntegerAttr>(name);
  if (!attribute || attribute.getInt() <= 0) {
    module.emitError() << "expected the module attribute " << name
                       << " with a positive number but got "
                       << (attribute ? std::to_string(attribute.getInt()) : "none");
    return std::nullopt;
  }
  return attribute.getInt();
}

void LowerToPlanPass::runOnOperation() {
  ModuleOp module = getOperation();
  auto step = module.lookupSymbol<func::FuncOp>("step");
  if (!step)
    return markAllAnalysesPreserved(); // A plan already, or no network.
  auto tokens = boundOf(module, "graphc.max_tokens");
  auto context = boundOf(module, "graphc.context");
  if (!tokens || !context)
    return signalPassFailure();
  eraseDeadOps(module);
  if (failed(lower(step, {.tokens = *tokens, .rows = *tokens, .cached = *context})))
    return signalPassFailure();
  for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    function.erase();
  WeightRewriter(module).eraseUnused();
  module->setAttr(kStageAttrName, StringAttr::get(&getContext(), stageInfo(Stage::Plan).name));
}

} // namespace graphc
