#include "frontend/network/NetworkGraph.h"

#include "frontend/config/NearestName.h"
#include "frontend/network/NetworkWeights.h"
#include "frontend/network/NodeBuilder.h"
#include "ir/OpRules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/STLExtras.h"

#include <optional>

using namespace mlir;

namespace graphc {

namespace {

using Values = SmallVector<Value>;

constexpr size_t kMaxNesting = 64;
constexpr int64_t kMaxRepeat = 4096;
constexpr int64_t kMaxContext = int64_t(1) << 20;
constexpr int64_t kMaxBatch = int64_t(1) << 16;

/// A function that is being written: `@step`, or that of a repeated module.
struct FunctionState {
  explicit FunctionState(func::FuncOp function)
      : function(function), builder(OpBuilder::atBlockEnd(function.addEntryBlock())) {}

  func::FuncOp function;
  OpBuilder builder;
  Value step;
  Value layer;                     ///< Of a repeated module.
  Value zero;                      ///< The constant 0, as the layer of weights that are not of one.
  SmallVector<KvCacheType> caches; ///< Of a repeated module: its last arguments.
};

/// A module that is being put into a function: what its names stand for.
struct Instance {
  const NetworkModule &module;
  const Scope &scope;
  ModulePlace place;
  std::map<std::string, Value, std::less<>> values = {};
  Value cache = {};
};

class GraphWriter {
public:
  GraphWriter(ModuleOp module, const Network &network, const NetworkOptions &options)
      : module(module), network(network), options(options), networkScope(network.parameters),
        symbols(module) {}

  Status write();

private:
  Status setAttributes();
  Expected<Values> entryInputs(const NetworkModule &entry, const Scope &scope);
  Status finishStep(Value result);

  Expected<Values> applyModule(Instance &instance, ValueRange inputs, const std::string &name);
  Status checkInputs(const Instance &instance, ValueRange inputs) const;
  Status applyNode(Instance &instance, const NetworkNode &node);
  Expected<Values> valuesOf(Instance &instance, const NetworkNode &node);
  Expected<Values> applyOperator(Instance &instance, const NetworkNode &node, ValueRange operands);
  Expected<Values> applyNested(Instance &instance, const NetworkNode &node, ValueRange operands);
  Expected<Values> applyRepeated(const NetworkNode &node, const Scope &scope,
                                 const ModulePlace &place, ValueRange operands);
  Status writeLayer(FunctionState &layer, const NetworkNode &node, const Scope &scope,
                    const ModulePlace &place, TypeRange types);

  Expected<Value> find(Instance &instance, const std::string &name);
  Expected<Value> weight(Instance &instance, const std::string &name);
  Value newCache(KvCacheType type);
  Value zero();

  Location named(const ModulePlace &place, const std::string &node) {
    return NameLoc::get(StringAttr::get(module.getContext(), place.inside(node).path));
  }
  OpBuilder &builder() { return current->builder; }
  Status inFile(const Status &status) const { return status.withContext(network.file); }

  ModuleOp module;
  const Network &network;
  const NetworkOptions &options;
  Scope networkScope;
  SymbolTable symbols;
  int64_t context = 0;
  FunctionState *current = nullptr;
  Operation *firstFunction = nullptr; ///< Weights stand before it.
  func::FuncOp step;
  std::vector<const NetworkModule *> open; ///< Modules that are being applied.
  size_t nodes = 0;
  int64_t caches = 0; ///< Of `@step`.
};

} // namespace

//===----------------------------------------------------------------------===//
// The entry
//===----------------------------------------------------------------------===//

Status GraphWriter::setAttributes() {
  Builder attributes(module.getContext());
  context = options.context;
  if (context == 0 && network.context.is_null())
    context = options.defaultContext;
  if (context == 0) {
    auto given = networkScope.integer(network.context, 1, kMaxContext);
    if (!given.ok())
      return given.status().withContext("context");
    context = *given;
  }
  auto batch = networkScope.integer(network.batch, 1, kMaxBatch);
  if (!batch.ok())
    return batch.status().withContext("batch");
  module->setAttr("graphc.stage", attributes.getStringAttr("graph"));
  module->setAttr("graphc.model", attributes.getStringAttr(network.name));
  module->setAttr("graphc.max_tokens", attributes.getI64IntegerAttr(options.maxTokens));
  module->setAttr("graphc.context", attributes.getI64IntegerAttr(context));
  module->setAttr("graphc.batch", attributes.getI64IntegerAttr(*batch));
  return {};
}

/// Parameters that are given go to the entry if it declares them, else to the network.
static Status setParameters(const std::map<std::string, Quantity> &given, Scope &network,
                            Scope &entry) {
  for (const auto &[name, value] : given)
    GRAPHC_RETURN_IF_ERROR((entry.declares(name) ? entry : network).set(name, value));
  return {};
}

Status GraphWriter::write() {
  const std::string name = options.entry.empty() ? network.entry : options.entry;
  auto found = network.modules.find(name);
  if (found == network.modules.end()) {
    std::vector<std::string_view> names;
    for (const auto &[other, ignored] : network.modules)
      names.push_back(other);
    Status failure(options.entry.empty() ? StatusCode::BadInput : StatusCode::Usage,
                   (name.empty() ? "no 'entry' is named"
                                 : "there is no module '" + escapeForMessage(name) + "'") +
                       std::string("; there are ") + nearestNames(name, names, names.size()));
    return inFile(failure);
  }
  Scope scope(found->second.parameters, &networkScope);
  GRAPHC_RETURN_IF_ERROR(inFile(setParameters(options.parameters, networkScope, scope)));
  GRAPHC_RETURN_IF_ERROR(inFile(setAttributes()));

  OpBuilder functions = OpBuilder::atBlockEnd(module.getBody());
  Type stepType = StepType::get(module.getContext());
  step = func::FuncOp::create(functions, named({}, "step"), "step",
                              functions.getFunctionType({stepType}, {}));
  firstFunction = step;
  FunctionState state(step);
  state.step = step.getArgument(0);
  current = &state;
  const std::string place = "modules." + name;
  auto inputs = entryInputs(found->second, scope);
  if (!inputs.ok())
    return inFile(inputs.status().withContext(place));
  Instance entry{found->second, scope, {}};
  GRAPHC_ASSIGN_OR_RETURN(Values results, applyModule(entry, *inputs, place));
  return inFile(finishStep(results.front()).withContext(place));
}

/// What the entry is given: nothing but the step's tokens, or the step's rows.
Expected<Values> GraphWriter::entryInputs(const NetworkModule &entry, const Scope &scope) {
  Values values;
  if (entry.inputs.size() > 1 || entry.outputs.size() > 1)
    return unsupported("an entry has at most one input, [T, K], and one output, [T, N]");
  for (const NetworkInput &input : entry.inputs) {
    auto shape = evaluateShape(input.shape, scope);
    if (!shape.ok())
      return shape.status().withContext("input '" + input.name + "'");
    if (shape->size() != 2 || input.shape[0] != "T" || ShapedType::isDynamic((*shape)[1]))
      return unsupported("expected [T, K] as the shape of an entry's input but '" + input.name +
                         "' has " + rules::shapeText(*shape));
    auto type = RankedTensorType::get(*shape, builder().getF32Type());
    values.push_back(InputRowsOp::create(builder(), named({}, input.name), type, current->step));
  }
  return values;
}

/// Returns the result of the wanted rows.
Status GraphWriter::finishStep(Value result) {
  auto type = dyn_cast<RankedTensorType>(result.getType());
  if (!type || type.getRank() != 2 || !type.isDynamicDim(0) || type.isDynamicDim(1) ||
      !type.getElementType().isF32())
    return unsupported("expected an entry that yields rows [T, N] of f32");
  Operation *end = func::ReturnOp::create(builder(), step.getLoc(), result);
  step.setType(FunctionType::get(module.getContext(), step.getArgumentTypes(), {type}));
  bool hasTokens = false, hasRows = false;
  module.walk([&](Operation *op) {
    hasTokens |= isa<EmbeddingOp>(op);
    hasRows |= isa<InputRowsOp>(op);
  });
  if (hasTokens && hasRows)
    return unsupported("an entry is given tokens, for an embedding, or rows of numbers, not both");
  std::optional<Dim> rows;
  GRAPHC_RETURN_IF_ERROR(withDiagnostics(module.getContext(), [&] {
    FailureOr<SymbolicDims> dims = SymbolicDims::analyze(module);
    if (succeeded(dims) && !dims->get(result).empty())
      rows = dims->get(result).front();
    return success(rows.has_value());
  }));
  if (*rows == Dim::tokens()) {
    builder().setInsertionPoint(end);
    end->setOperand(
        0, SelectRowsOp::create(builder(), named({}, "select_rows"), type, result, current->step));
  } else if (*rows != Dim::rows()) {
    return unsupported("expected an entry that yields a row for each token");
  }
  return withDiagnostics(module.getContext(), [&] { return verify(module); });
}

//===----------------------------------------------------------------------===//
// Modules and nodes
//===----------------------------------------------------------------------===//

Status GraphWriter::checkInputs(const Instance &instance, ValueRange inputs) const {
  const std::vector<NetworkInput> &declared = instance.module.inputs;
  if (declared.size() != inputs.size())
    return badInput("expected " + std::to_string(declared.size()) + " inputs but got " +
                    std::to_string(inputs.size()));
  for (auto [input, value] : llvm::zip(declared, inputs)) {
    auto shape = evaluateShape(input.shape, instance.scope);
    if (!shape.ok())
      return shape.status().withContext("input '" + input.name + "'");
    ArrayRef<int64_t> got = cast<RankedTensorType>(value.getType()).getShape();
    if (got != ArrayRef<int64_t>(*shape))
      return badInput("input '" + input.name + "': expected " + rules::shapeText(*shape) +
                      " but got " + rules::shapeText(got));
  }
  return {};
}

/// Puts a module at the current place; `name` is for messages about what it is given.
Expected<Values> GraphWriter::applyModule(Instance &instance, ValueRange inputs,
                                          const std::string &name) {
  if (llvm::is_contained(open, &instance.module))
    return inFile(badInput(name + ": a module is applied inside itself"));
  if (open.size() == kMaxNesting)
    return inFile(badInput(name + ": modules nested deeper than " + std::to_string(kMaxNesting)));
  GRAPHC_RETURN_IF_ERROR(inFile(checkInputs(instance, inputs).withContext(name)));
  for (auto [input, value] : llvm::zip(instance.module.inputs, inputs))
    instance.values[input.name] = value;
  open.push_back(&instance.module);
  for (const NetworkNode &node : instance.module.nodes)
    GRAPHC_RETURN_IF_ERROR(applyNode(instance, node));
  open.pop_back();
  Values results;
  for (const std::string &output : instance.module.outputs) {
    auto value = find(instance, output);
    if (!value.ok())
      return inFile(value.status().withContext(name + ": output"));
    results.push_back(*value);
  }
  return results;
}

Status GraphWriter::applyNode(Instance &instance, const NetworkNode &node) {
  if (++nodes > kMaxNodes)
    return inFile(badInput(node.place + ": the network has more than " + std::to_string(kMaxNodes) +
                           " nodes"));
  auto isApplied = instance.scope.flag(node.condition);
  if (!isApplied.ok())
    return inFile(isApplied.status().withContext(node.place + ": 'if'"));
  Expected<Values> results = Values();
  if (*isApplied) {
    results = valuesOf(instance, node);
  } else if (node.inputs.empty() || node.results.size() != 1) {
    return inFile(badInput(node.place + ": a node that is left out yields its first input, "
                                        "so it needs an input and one result"));
  } else if (auto passed = find(instance, node.inputs.front()); passed.ok()) {
    results = Values{*passed};
  } else {
    return inFile(passed.status().withContext(node.place));
  }
  if (!results.ok())
    return results.status();
  if (results->size() != node.results.size())
    return inFile(badInput(node.place + ": expected " + std::to_string(results->size()) +
                           " names in 'results' but got " + std::to_string(node.results.size())));
  for (auto [name, value] : llvm::zip(node.results, *results))
    instance.values[name] = value;
  return {};
}

/// The values of a node that is not left out.
Expected<Values> GraphWriter::valuesOf(Instance &instance, const NetworkNode &node) {
  Values operands;
  for (const std::string &input : node.inputs) {
    auto value = find(instance, input);
    if (!value.ok())
      return inFile(value.status().withContext(node.place));
    operands.push_back(*value);
  }
  if (!node.module.empty())
    return applyNested(instance, node, operands);
  auto values = applyOperator(instance, node, operands);
  if (!values.ok())
    return inFile(values.status().withContext(node.place));
  return values;
}

Expected<Values> GraphWriter::applyOperator(Instance &instance, const NetworkNode &node,
                                            ValueRange operands) {
  const Operator &op = *findOperator(node.op);
  if (op.implied == Implied::CacheAndStep && !instance.cache && !operands.empty()) {
    GRAPHC_ASSIGN_OR_RETURN(KvCacheType type, cacheTypeFor(operands.front()));
    instance.cache = newCache(type);
  }
  return buildNode(builder(), named(instance.place, node.name), op, node, instance.scope, operands,
                   {current->step, instance.cache});
}

Expected<Values> GraphWriter::applyNested(Instance &instance, const NetworkNode &node,
                                          ValueRange operands) {
  const NetworkModule &nested = network.modules.find(node.module)->second;
  Scope scope(nested.parameters, &networkScope);
  for (const auto &[name, value] : node.with) {
    auto number = instance.scope.evaluate(value);
    Status status = number.ok() ? scope.set(name, *number) : number.status();
    GRAPHC_RETURN_IF_ERROR(inFile(status.withContext(node.place + ": 'with'")));
  }
  if (node.repeat.is_null()) {
    Instance inner{nested, scope, instance.place.inside(node.name)};
    return applyModule(inner, operands, node.place);
  }
  auto times = instance.scope.integer(node.repeat, 0, kMaxRepeat);
  if (!times.ok())
    return inFile(times.status().withContext(node.place + ": 'repeat'"));
  if (current->layer)
    return inFile(unsupported(node.place + ": a repeated module inside a repeated one"));
  if (*times == 0)
    return llvm::to_vector(operands);
  return applyRepeated(node, scope, instance.place.inside(node.name, *times), operands);
}

//===----------------------------------------------------------------------===//
// Repeated modules
//===----------------------------------------------------------------------===//

/// Writes the function of a repeated module and calls it once for each layer.
Expected<Values> GraphWriter::applyRepeated(const NetworkNode &node, const Scope &scope,
                                            const ModulePlace &place, ValueRange operands) {
  OpBuilder functions(step);
  Location loc = NameLoc::get(functions.getStringAttr(place.path));
  SmallVector<Type> arguments(operands.getTypes());
  arguments.append({StepType::get(module.getContext()), functions.getIndexType()});
  auto function = func::FuncOp::create(functions, loc, node.module,
                                       functions.getFunctionType(arguments, operands.getTypes()));
  function.setPrivate();
  symbols.insert(function, Block::iterator(step));
  if (firstFunction == step)
    firstFunction = function;

  FunctionState layer(function), *outer = current;
  current = &layer;
  Status status = writeLayer(layer, node, scope, place, operands.getTypes());
  current = outer;
  GRAPHC_RETURN_IF_ERROR(status);

  Values values = llvm::to_vector(operands);
  for (int64_t i = 0; i < place.layers; ++i) {
    Location at = NameLoc::get(functions.getStringAttr(place.path + "." + std::to_string(i)));
    Values given = values;
    given.push_back(current->step);
    given.push_back(arith::ConstantIndexOp::create(builder(), at, i));
    for (KvCacheType cache : layer.caches)
      given.push_back(KvLayerOp::create(builder(), at, cache, caches++));
    auto call = func::CallOp::create(builder(), at, function, given);
    values = llvm::to_vector_of<Value>(call.getResults());
  }
  return values;
}

Status GraphWriter::writeLayer(FunctionState &layer, const NetworkNode &node, const Scope &scope,
                               const ModulePlace &place, TypeRange types) {
  Block::BlockArgListType arguments = layer.function.getArguments();
  layer.step = arguments[types.size()];
  layer.layer = arguments[types.size() + 1];
  Instance instance{network.modules.find(node.module)->second, scope, place};
  Values inputs(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(types.size()));
  GRAPHC_ASSIGN_OR_RETURN(Values results, applyModule(instance, inputs, node.place));
  if (TypeRange(ValueRange(results)) != types)
    return inFile(badInput(node.place + ": expected a repeated module to yield what it is given, "
                                        "in number and shapes"));
  func::ReturnOp::create(layer.builder, layer.function.getLoc(), results);
  layer.function.setType(
      FunctionType::get(module.getContext(), layer.function.front().getArgumentTypes(), types));
  return {};
}

Value GraphWriter::newCache(KvCacheType type) {
  Location loc = current->function.getLoc();
  if (!current->layer)
    return KvLayerOp::create(builder(), loc, type, caches++);
  current->caches.push_back(type);
  return current->function.front().addArgument(type, loc);
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

Expected<Value> GraphWriter::find(Instance &instance, const std::string &name) {
  if (auto value = instance.values.find(name); value != instance.values.end())
    return value->second;
  if (instance.module.weights.contains(name))
    return weight(instance, name);
  return badInput("'" + escapeForMessage(name) + "' is no input, weight or node before it");
}

/// Uses a weight, which is declared when it is used first.
Expected<Value> GraphWriter::weight(Instance &instance, const std::string &name) {
  const NetworkWeight &described = instance.module.weights.find(name)->second;
  auto exists = instance.scope.flag(described.condition);
  if (exists.ok() && !*exists)
    return badInput("the weight '" + name + "' is left out: its 'if' is false");
  Expected<WeightOp> built =
      exists.ok() ? buildNetworkWeight(module.getContext(), name, described, instance.scope,
                                       instance.place, options, context)
                  : Expected<WeightOp>(exists.status());
  if (!built.ok())
    return built.status().withContext("weight '" + name + "'");
  WeightOp op = *built;
  symbols.insert(op, Block::iterator(firstFunction));
  Value layer = current->layer && op.getLayers() > 1 ? current->layer : zero();
  Value value = ParamOp::create(builder(), op.getLoc(), op.getType(), op.getSymName(), layer);
  return instance.values[name] = value;
}

Value GraphWriter::zero() {
  if (!current->zero) {
    OpBuilder start = OpBuilder::atBlockBegin(&current->function.front());
    current->zero = arith::ConstantIndexOp::create(start, current->function.getLoc(), 0);
  }
  return current->zero;
}

Expected<OwningOpRef<ModuleOp>> buildNetworkGraph(MLIRContext &context, const Network &network,
                                                  const NetworkOptions &options) {
  context.loadDialect<GraphcDialect, func::FuncDialect, arith::ArithDialect>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  GRAPHC_RETURN_IF_ERROR(GraphWriter(*module, network, options).write());
  return module;
}

} // namespace graphc
