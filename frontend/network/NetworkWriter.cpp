#include "frontend/network/NetworkWriter.h"

#include "frontend/network/NodeBuilder.h"
#include "ir/OpRules.h"
#include "runtime/base/Escape.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace graphc {

using Values = NetworkWriter::Values;

static constexpr size_t kMaxNesting = 64;
static constexpr int64_t kMaxRepeat = 4096;

static func::FuncOp createStep(ModuleOp module) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Location loc = NameLoc::get(builder.getStringAttr("step"));
  Type type = StepType::get(module.getContext());
  return func::FuncOp::create(builder, loc, "step", builder.getFunctionType({type}, {}));
}

NetworkWriter::NetworkWriter(ModuleOp module, const Network &network, const NetworkOptions &options,
                             const Scope &networkScope, int64_t context)
    : module(module), network(network), options(options), networkScope(networkScope),
      context(context), stepState(createStep(module)), symbols(module),
      firstFunction(stepState.function) {
  stepState.step = stepState.function.getArgument(0);
}

Location NetworkWriter::named(const ModulePlace &place, const std::string &node) {
  return NameLoc::get(StringAttr::get(module.getContext(), place.inside(node).path));
}

//===----------------------------------------------------------------------===//
// Modules and nodes
//===----------------------------------------------------------------------===//

Status NetworkWriter::checkInputs(const ModuleInstance &instance, ValueRange inputs) const {
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

Expected<Values> NetworkWriter::applyModule(ModuleInstance &instance, ValueRange inputs,
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

Status NetworkWriter::applyNode(ModuleInstance &instance, const NetworkNode &node) {
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
Expected<Values> NetworkWriter::valuesOf(ModuleInstance &instance, const NetworkNode &node) {
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

Expected<Values> NetworkWriter::applyOperator(ModuleInstance &instance, const NetworkNode &node,
                                              ValueRange operands) {
  const Operator &op = *findOperator(node.op);
  if (op.implied == Implied::CacheAndStep && !instance.cache && !operands.empty()) {
    GRAPHC_ASSIGN_OR_RETURN(KvCacheType type, cacheTypeFor(operands.front()));
    instance.cache = newCache(type);
  }
  return buildNode(builder(), named(instance.place, node.name), op, node, instance.scope, operands,
                   {current->step, instance.cache});
}

Expected<Scope> scopeOf(const Network &network, const NetworkNode &node, const Scope &outer,
                        const Scope &networkScope) {
  Scope scope(network.modules.find(node.module)->second.parameters, &networkScope);
  for (const auto &[name, value] : node.with) {
    auto number = outer.evaluate(value);
    Status status = number.ok() ? scope.set(name, *number) : number.status();
    GRAPHC_RETURN_IF_ERROR(status.withContext(node.place + ": 'with'"));
  }
  return scope;
}

Expected<int64_t> repeatsOf(const NetworkNode &node, const Scope &scope) {
  if (node.repeat.is_null())
    return 1;
  auto times = scope.integer(node.repeat, 0, kMaxRepeat);
  if (!times.ok())
    return times.status().withContext(node.place + ": 'repeat'");
  return times;
}

Expected<Values> NetworkWriter::applyNested(ModuleInstance &instance, const NetworkNode &node,
                                            ValueRange operands) {
  auto scope = scopeOf(network, node, instance.scope, networkScope);
  auto times = repeatsOf(node, instance.scope);
  if (!scope.ok() || !times.ok())
    return inFile(scope.ok() ? times.status() : scope.status());
  if (node.repeat.is_null()) {
    const NetworkModule &nested = network.modules.find(node.module)->second;
    ModuleInstance inner{nested, *scope, instance.place.inside(node.name)};
    return applyModule(inner, operands, node.place);
  }
  if (current->layer)
    return inFile(unsupported(node.place + ": a repeated module inside a repeated one"));
  if (*times == 0)
    return llvm::to_vector(operands);
  return applyRepeated(node, *scope, instance.place.inside(node.name, *times), operands);
}

//===----------------------------------------------------------------------===//
// Repeated modules
//===----------------------------------------------------------------------===//

/// Writes the function of a repeated module and calls it once for each layer.
Expected<Values> NetworkWriter::applyRepeated(const NetworkNode &node, const Scope &scope,
                                              const ModulePlace &place, ValueRange operands) {
  func::FuncOp step = stepFunction();
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

  nodes += static_cast<size_t>(place.layers);
  if (nodes > kMaxNodes)
    return inFile(badInput(node.place + ": the network has more than " + std::to_string(kMaxNodes) +
                           " nodes"));
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

Status NetworkWriter::writeLayer(FunctionState &layer, const NetworkNode &node, const Scope &scope,
                                 const ModulePlace &place, TypeRange types) {
  Block::BlockArgListType arguments = layer.function.getArguments();
  layer.step = arguments[types.size()];
  layer.layer = arguments[types.size() + 1];
  ModuleInstance instance{network.modules.find(node.module)->second, scope, place};
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

Value NetworkWriter::newCache(KvCacheType type) {
  Location loc = current->function.getLoc();
  if (!current->layer)
    return KvLayerOp::create(builder(), loc, type, caches++);
  current->caches.push_back(type);
  return current->function.front().addArgument(type, loc);
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

Expected<Value> NetworkWriter::find(ModuleInstance &instance, const std::string &name) {
  if (auto value = instance.values.find(name); value != instance.values.end())
    return value->second;
  if (instance.module.weights.contains(name))
    return weight(instance, name);
  return badInput("'" + escapeForMessage(name) + "' is no input, weight or node before it");
}

/// Uses a weight, which is declared when it is used first.
Expected<Value> NetworkWriter::weight(ModuleInstance &instance, const std::string &name) {
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

Value NetworkWriter::zero() {
  if (!current->zero) {
    OpBuilder start = OpBuilder::atBlockBegin(&current->function.front());
    current->zero = arith::ConstantIndexOp::create(start, current->function.getLoc(), 0);
  }
  return current->zero;
}

} // namespace graphc
