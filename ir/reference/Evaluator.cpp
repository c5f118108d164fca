#include "ir/reference/Evaluator.h"

#include "ir/reference/Ops.h"
#include "ir/reference/WeightEvaluator.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace graphc {

/// One run of one function: the values of its SSA values.
class FunctionRun {
public:
  FunctionRun(Evaluator &evaluator, const StepData &step, KvStore &cache)
      : evaluator(evaluator), step(step), cache(cache) {}

  Expected<std::vector<RuntimeValue>> run(FunctionOpInterface function,
                                          ArrayRef<RuntimeValue> arguments);

private:
  Status runOp(Operation *op);
  Status runCall(func::CallOp call);
  Status runTensorOp(Operation *op);
  Status runParam(ParamOp op);
  Status runKvRead(KvReadOp op);
  Status runPrepareRows(PrepareRowsOp op);
  Expected<Tensor> runStepOp(Operation *op);
  Expected<Tensor> runFusedQkv(FusedQkvOp op);
  Tensor runAppendQkv(AppendQkvOp op);

  void set(Value value, Tensor tensor) {
    values[value] = std::make_shared<const Tensor>(std::move(tensor));
  }
  const Tensor &tensor(Value value) { return *std::get<TensorPtr>(values[value]); }
  /// Null for an operand that is absent.
  const Tensor *optional(Value value) { return value ? &tensor(value) : nullptr; }
  int64_t layerOf(Value value) { return std::get<CacheRef>(values[value]).layer; }

  Evaluator &evaluator;
  const StepData &step;
  KvStore &cache;
  DenseMap<Value, RuntimeValue> values;
};

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

Status FunctionRun::runTensorOp(Operation *op) {
  SmallVector<TensorPtr> operands;
  for (Value operand : op->getOperands())
    operands.push_back(std::get<TensorPtr>(values[operand]));
  GRAPHC_ASSIGN_OR_RETURN(Tensor result, reference::evaluate(op, operands));
  set(op->getResult(0), std::move(result));
  return {};
}

Status FunctionRun::runParam(ParamOp op) {
  GRAPHC_ASSIGN_OR_RETURN(
      TensorPtr weight,
      evaluator.readParam(op.getWeight(), std::get<int64_t>(values[op.getLayer()])));
  values[op.getResult()] = std::move(weight);
  return {};
}

Status FunctionRun::runKvRead(KvReadOp op) {
  GRAPHC_ASSIGN_OR_RETURN(reference::KeyValue rows,
                          reference::kvRead(op, layerOf(op.getCache()), step, cache));
  set(op.getKey(), std::move(rows.key));
  set(op.getValue(), std::move(rows.value));
  return {};
}

Status FunctionRun::runPrepareRows(PrepareRowsOp op) {
  reference::PreparedRows prepared = reference::prepareRows(
      op, tensor(op.getInput()), optional(op.getGamma()), optional(op.getBeta()));
  set(op.getRows(), std::move(prepared.rows));
  if (op.getFactor())
    set(op.getFactor(), std::move(prepared.factor));
  return {};
}

Expected<Tensor> FunctionRun::runFusedQkv(FusedQkvOp op) {
  const reference::LinearOperands operands{.gamma = optional(op.getGamma()),
                                           .beta = optional(op.getBeta()),
                                           .rowFactor = optional(op.getRowFactor()),
                                           .bias = optional(op.getBias()),
                                           .ropeTable = optional(op.getRopeTable())};
  return reference::fusedQkv(op, tensor(op.getInput()), tensor(op.getWeight()), operands,
                             layerOf(op.getCache()), step, cache);
}

/// Ops of one tensor result that read the step or a cache.
Tensor FunctionRun::runAppendQkv(AppendQkvOp op) {
  const reference::QkvRows rows{.query = &tensor(op.getQueryRows()),
                                .key = &tensor(op.getKeyRows()),
                                .value = &tensor(op.getValueRows()),
                                .queryGamma = optional(op.getQueryGamma()),
                                .keyGamma = optional(op.getKeyGamma()),
                                .ropeTable = optional(op.getRopeTable())};
  return reference::appendQkv(op, rows, layerOf(op.getCache()), step, cache);
}

Expected<Tensor> FunctionRun::runStepOp(Operation *op) {
  using Result = Expected<Tensor>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](SelectRowsOp o) { return reference::selectRows(tensor(o.getInput()), step); })
      .Case([&](EmbeddingOp o) { return reference::embedding(o, tensor(o.getTable()), step); })
      .Case([&](InputRowsOp o) { return reference::inputRows(o, step); })
      .Case([&](RopeOp o) {
        return reference::rope(o, tensor(o.getInput()), tensor(o.getTable()), step);
      })
      .Case([&](MaskOp o) { return reference::mask(o, tensor(o.getInput()), step); })
      .Case([&](FusedQkvOp o) { return runFusedQkv(o); })
      .Case([&](AppendQkvOp o) { return runAppendQkv(o); })
      .Case([&](FlashAttentionOp o) {
        return reference::flashAttention(o, tensor(o.getQuery()), layerOf(o.getCache()), step,
                                         cache);
      })
      .Default([&](Operation *) {
        return unsupported("the reference has no meaning for " +
                           op->getName().getStringRef().str());
      });
}

Status FunctionRun::runCall(func::CallOp call) {
  auto callee =
      SymbolTable::lookupNearestSymbolFrom<FunctionOpInterface>(call, call.getCalleeAttr());
  if (!callee)
    return usageError("no function @" + call.getCallee().str());
  SmallVector<RuntimeValue> arguments;
  for (Value operand : call.getOperands())
    arguments.push_back(values[operand]);
  GRAPHC_ASSIGN_OR_RETURN(std::vector<RuntimeValue> results,
                          FunctionRun(evaluator, step, cache).run(callee, arguments));
  for (auto [value, result] : llvm::zip(call.getResults(), results))
    values[value] = std::move(result);
  return {};
}

Status FunctionRun::runOp(Operation *op) {
  if (reference::isTensorOp(op))
    return runTensorOp(op);
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](func::CallOp o) { return runCall(o); })
      .Case([&](ParamOp o) { return runParam(o); })
      .Case([&](KvReadOp o) { return runKvRead(o); })
      .Case([&](PrepareRowsOp o) { return runPrepareRows(o); })
      .Case([&](KvLayerOp o) {
        values[o.getResult()] = CacheRef{static_cast<int64_t>(o.getLayer())};
        return Status();
      })
      .Case([&](KvAppendOp o) {
        reference::kvAppend(o.getCache().getType(), layerOf(o.getCache()), tensor(o.getKey()),
                            tensor(o.getValue()), step, cache);
        return Status();
      })
      .Case([&](arith::ConstantIndexOp o) {
        values[o.getResult()] = o.value();
        return Status();
      })
      .Default([&](Operation *) -> Status {
        GRAPHC_ASSIGN_OR_RETURN(Tensor result, runStepOp(op));
        set(op->getResult(0), std::move(result));
        return {};
      });
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// Whether a value can be one of a type.
static bool fits(const RuntimeValue &value, Type type) {
  if (isa<KvCacheType>(type))
    return std::holds_alternative<CacheRef>(value);
  if (isa<StepType>(type))
    return std::holds_alternative<StepRef>(value);
  if (type.isIndex())
    return std::holds_alternative<int64_t>(value);
  auto tensor = dyn_cast<RankedTensorType>(type);
  auto *pointer = std::get_if<TensorPtr>(&value);
  return tensor && pointer && *pointer && (*pointer)->rank() == tensor.getRank() &&
         (*pointer)->size() == elementCount((*pointer)->shape) &&
         llvm::all_of(llvm::zip((*pointer)->shape, tensor.getShape()), [](auto pair) {
           return ShapedType::isDynamic(std::get<1>(pair)) ||
                  std::get<0>(pair) == std::get<1>(pair);
         });
}

Expected<std::vector<RuntimeValue>> FunctionRun::run(FunctionOpInterface function,
                                                     ArrayRef<RuntimeValue> arguments) {
  if (function.isExternal())
    return usageError("@" + function.getName().str() + " has no body");
  if (arguments.size() != function.getNumArguments())
    return usageError("@" + function.getName().str() + " takes " +
                      std::to_string(function.getNumArguments()) + " arguments but got " +
                      std::to_string(arguments.size()));
  for (auto [argument, value] : llvm::zip(function.getArguments(), arguments)) {
    if (!fits(value, argument.getType()))
      return usageError("argument " + std::to_string(argument.getArgNumber()) + " of @" +
                        function.getName().str() + " does not have its type");
    values[argument] = value;
  }
  Block &block = function.getFunctionBody().front();
  for (Operation &op : block.without_terminator())
    GRAPHC_RETURN_IF_ERROR(runOp(&op));
  std::vector<RuntimeValue> results;
  for (Value operand : block.getTerminator()->getOperands())
    results.push_back(values[operand]);
  return results;
}

Expected<TensorPtr> Evaluator::readParam(StringRef name, int64_t layer) {
  TensorPtr &tensor = params[{name.str(), layer}];
  if (tensor)
    return tensor;
  auto weight = dyn_cast_or_null<WeightOp>(SymbolTable::lookupSymbolIn(module, name));
  if (!weight || !weights)
    return usageError("no weight @" + name.str());
  if (layer < 0 || layer >= static_cast<int64_t>(weight.getLayers()))
    return usageError("weight @" + name.str() + " has no layer " + std::to_string(layer));
  GRAPHC_ASSIGN_OR_RETURN(std::vector<float> numbers,
                          WeightEvaluator(weight, layer, *weights).readAll(weight.getYielded()));
  tensor =
      std::make_shared<const Tensor>(Shape(weight.getTensorType().getShape()), std::move(numbers));
  return tensor;
}

Expected<std::vector<TensorPtr>> Evaluator::run(FunctionOpInterface function,
                                                ArrayRef<RuntimeValue> arguments,
                                                const StepData &step, KvStore &cache) {
  GRAPHC_RETURN_IF_ERROR(step.check());
  GRAPHC_ASSIGN_OR_RETURN(std::vector<RuntimeValue> results,
                          FunctionRun(*this, step, cache).run(function, arguments));
  std::vector<TensorPtr> tensors;
  for (RuntimeValue &result : results) {
    if (!std::holds_alternative<TensorPtr>(result))
      return unsupported("@" + function.getName().str() + " returns what is no tensor");
    tensors.push_back(std::get<TensorPtr>(result));
  }
  return tensors;
}

Expected<Tensor> Evaluator::runStep(const StepData &step, KvStore &cache) {
  auto function = module.lookupSymbol<func::FuncOp>("step");
  if (!function)
    return usageError("the module has no function @step");
  GRAPHC_ASSIGN_OR_RETURN(std::vector<TensorPtr> results,
                          run(function, {RuntimeValue(StepRef())}, step, cache));
  if (results.size() != 1)
    return usageError("@step does not return one tensor");
  return *results.front();
}

} // namespace graphc
