#include "frontend/network/NetworkGraph.h"

#include "frontend/config/NearestName.h"
#include "frontend/network/NetworkWriter.h"
#include "frontend/network/NodeBuilder.h"
#include "ir/OpRules.h"
#include "runtime/base/Escape.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <deque>
#include <optional>

using namespace mlir;

namespace graphc {

namespace {

constexpr int64_t kMaxContext = int64_t(1) << 20;
constexpr int64_t kMaxBatch = int64_t(1) << 16;

/// The entry that was asked for, on its way to a module.
class EntryBuilder {
public:
  EntryBuilder(ModuleOp module, const Network &network, const NetworkOptions &options)
      : module(module), network(network), options(options), networkScope(network.parameters) {}

  Status build();

private:
  Status findEntry();
  Status findByName(const std::string &name);
  Status followPath(StringRef path);
  Status followNode(ArrayRef<StringRef> &parts);
  Status setParameters();
  Status setAttributes();
  Expected<NetworkWriter::Values> inputs(NetworkWriter &writer) const;
  Status finishStep(NetworkWriter &writer, Value result);

  ModuleOp module;
  const Network &network;
  const NetworkOptions &options;
  Scope networkScope;
  const NetworkModule *entry = nullptr;
  std::deque<Scope> scopes; ///< Of the modules that lead to the entry; the entry's is the last.
  ModulePlace place;
  std::string name; ///< For messages.
  int64_t context = 0;
};

} // namespace

//===----------------------------------------------------------------------===//
// Which module
//===----------------------------------------------------------------------===//

Status EntryBuilder::findByName(const std::string &wanted) {
  auto found = network.modules.find(wanted);
  if (found == network.modules.end()) {
    std::vector<std::string_view> names;
    for (const auto &[other, ignored] : network.modules)
      names.push_back(other);
    return {options.entry.empty() ? StatusCode::BadInput : StatusCode::Usage,
            (wanted.empty() ? std::string("no 'entry' is named")
                            : "there is no module '" + escapeForMessage(wanted) + "'") +
                "; there are " + nearestNames(wanted, names, names.size())};
  }
  entry = &found->second;
  scopes.emplace_back(entry->parameters, &networkScope);
  name = "modules." + wanted;
  return {};
}

/// The node of that name which applies a module, or null.
static const NetworkNode *applicationOf(const NetworkModule &module, const std::string &name) {
  auto node = llvm::find_if(module.nodes, [&](const NetworkNode &node) {
    return node.name == name && !node.module.empty();
  });
  return node == module.nodes.end() ? nullptr : &*node;
}

/// Goes from the module found so far to the one that its node `parts[0]` applies; a repeated one's
/// number follows.
Status EntryBuilder::followNode(ArrayRef<StringRef> &parts) {
  const std::string wanted = parts.front().str();
  const NetworkNode *node = applicationOf(*entry, wanted);
  if (!node)
    return usageError("--entry: " + name + " has no node '" + escapeForMessage(wanted) +
                      "' that applies a module");
  GRAPHC_ASSIGN_OR_RETURN(int64_t times, repeatsOf(*node, scopes.back()));
  GRAPHC_ASSIGN_OR_RETURN(Scope scope, scopeOf(network, *node, scopes.back(), networkScope));
  parts = parts.drop_front();
  place = place.inside(node->name);
  if (!node->repeat.is_null()) {
    int64_t layer = 0;
    if (parts.empty() || parts.front().getAsInteger(10, layer) || layer < 0 || layer >= times)
      return usageError("--entry: expected one of the " + std::to_string(times) + " modules of '" +
                        wanted + "', from 0, behind its name");
    place = place.inside(std::to_string(layer));
    parts = parts.drop_front();
  }
  scopes.push_back(std::move(scope));
  entry = &network.modules.find(node->module)->second;
  name = "modules." + node->module;
  return {};
}

/// "layers.0.attention": from the default entry by the names of nodes.
Status EntryBuilder::followPath(StringRef path) {
  GRAPHC_RETURN_IF_ERROR(findByName(network.entry));
  GRAPHC_RETURN_IF_ERROR(setParameters());
  SmallVector<StringRef> list;
  path.split(list, '.');
  ArrayRef<StringRef> parts = list;
  while (!parts.empty())
    GRAPHC_RETURN_IF_ERROR(followNode(parts));
  place.path.clear(); // of the entry's own nodes
  return {};
}

Status EntryBuilder::findEntry() {
  auto outer = network.modules.find(network.entry);
  const bool isNode = outer != network.modules.end() && applicationOf(outer->second, options.entry);
  if (StringRef(options.entry).contains('.') ||
      (!network.modules.contains(options.entry) && isNode))
    return followPath(options.entry);
  GRAPHC_RETURN_IF_ERROR(findByName(options.entry.empty() ? network.entry : options.entry));
  return setParameters();
}

/// Parameters that are given go to the module found if it declares them, else to the network.
Status EntryBuilder::setParameters() {
  for (const auto &[parameter, value] : options.parameters) {
    Scope &scope = scopes.back().declares(parameter) ? scopes.back() : networkScope;
    GRAPHC_RETURN_IF_ERROR(scope.set(parameter, value));
  }
  return {};
}

//===----------------------------------------------------------------------===//
// What it is given and yields
//===----------------------------------------------------------------------===//

Status EntryBuilder::setAttributes() {
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
  Builder attributes(module.getContext());
  module->setAttr("graphc.stage", attributes.getStringAttr("graph"));
  module->setAttr("graphc.model", attributes.getStringAttr(network.name));
  module->setAttr("graphc.max_tokens", attributes.getI64IntegerAttr(options.maxTokens));
  module->setAttr("graphc.context", attributes.getI64IntegerAttr(context));
  module->setAttr("graphc.batch", attributes.getI64IntegerAttr(*batch));
  if (!options.entry.empty() && options.entry != network.entry)
    module->setAttr("graphc.part", attributes.getUnitAttr());
  return {};
}

/// Nothing but the step's tokens, or the step's rows.
Expected<NetworkWriter::Values> EntryBuilder::inputs(NetworkWriter &writer) const {
  NetworkWriter::Values values;
  if (entry->inputs.size() > 1 || entry->outputs.size() > 1)
    return unsupported("an entry has at most one input, [T, K], and one output, [T, N]");
  for (const NetworkInput &input : entry->inputs) {
    auto shape = evaluateShape(input.shape, scopes.back());
    if (!shape.ok())
      return shape.status().withContext("input '" + input.name + "'");
    if (shape->size() != 2 || input.shape[0] != "T" || ShapedType::isDynamic((*shape)[1]))
      return unsupported("expected [T, K] as the shape of an entry's input but '" + input.name +
                         "' has " + rules::shapeText(*shape));
    OpBuilder &builder = writer.builder();
    values.push_back(InputRowsOp::create(builder, NameLoc::get(builder.getStringAttr(input.name)),
                                         RankedTensorType::get(*shape, builder.getF32Type()),
                                         writer.step()));
  }
  return values;
}

static Status checkSources(ModuleOp module) {
  bool hasTokens = false, hasRows = false;
  module.walk([&](Operation *op) {
    hasTokens |= isa<EmbeddingOp>(op);
    hasRows |= isa<InputRowsOp>(op);
  });
  if (hasTokens && hasRows)
    return unsupported("an entry is given tokens, for an embedding, or rows of numbers, not both");
  return {};
}

/// Which rows a value has: T or R.
static Expected<Dim> rowsOf(ModuleOp module, Value value) {
  std::optional<Dim> rows;
  GRAPHC_RETURN_IF_ERROR(withDiagnostics(module.getContext(), [&] {
    FailureOr<SymbolicDims> dims = SymbolicDims::analyze(module);
    if (succeeded(dims) && !dims->get(value).empty())
      rows = dims->get(value).front();
    return success(rows.has_value());
  }));
  if (*rows != Dim::tokens() && *rows != Dim::rows())
    return unsupported("expected an entry that yields a row for each token");
  return *rows;
}

/// Returns the result of the wanted rows.
Status EntryBuilder::finishStep(NetworkWriter &writer, Value result) {
  auto type = dyn_cast<RankedTensorType>(result.getType());
  if (!type || type.getRank() != 2 || !type.isDynamicDim(0) || type.isDynamicDim(1) ||
      !type.getElementType().isF32())
    return unsupported("expected an entry that yields rows [T, N] of f32");
  OpBuilder &builder = writer.builder();
  func::FuncOp step = writer.stepFunction();
  Operation *end = func::ReturnOp::create(builder, step.getLoc(), result);
  step.setType(FunctionType::get(module.getContext(), step.getArgumentTypes(), {type}));
  GRAPHC_RETURN_IF_ERROR(checkSources(module));
  GRAPHC_ASSIGN_OR_RETURN(Dim rows, rowsOf(module, result));
  if (rows == Dim::tokens()) {
    builder.setInsertionPoint(end);
    Location loc = NameLoc::get(builder.getStringAttr("select_rows"));
    end->setOperand(0, SelectRowsOp::create(builder, loc, type, result, writer.step()));
  }
  return withDiagnostics(module.getContext(), [&] { return verify(module); });
}

Status EntryBuilder::build() {
  auto inFile = [&](const Status &status) { return status.withContext(network.file); };
  GRAPHC_RETURN_IF_ERROR(inFile(findEntry()));
  GRAPHC_RETURN_IF_ERROR(inFile(setAttributes()));
  NetworkWriter writer(module, network, options, networkScope, context);
  auto given = inputs(writer);
  if (!given.ok())
    return inFile(given.status().withContext(name));
  ModuleInstance instance{*entry, scopes.back(), place};
  GRAPHC_ASSIGN_OR_RETURN(NetworkWriter::Values results,
                          writer.applyModule(instance, *given, name));
  return inFile(finishStep(writer, results.front()).withContext(name));
}

Expected<OwningOpRef<ModuleOp>> buildNetworkGraph(MLIRContext &context, const Network &network,
                                                  const NetworkOptions &options) {
  context.loadDialect<GraphcDialect, func::FuncDialect, arith::ArithDialect>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  GRAPHC_RETURN_IF_ERROR(EntryBuilder(*module, network, options).build());
  return module;
}

} // namespace graphc
