#include "passes/analysis/DispatchList.h"

#include "passes/Matchers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;

namespace graphc {
namespace {

/// Places of the values of one function during one call.
struct Frame {
  DenseMap<Value, Place> places;
  std::optional<int64_t> layer;
};

class DispatchListBuilder {
public:
  DispatchListBuilder(const SymbolicDims &dims, const StepDims &bounds)
      : dims(dims), bounds(bounds) {}

  /// Walks a function whose arguments have places; returns those of its results.
  FailureOr<SmallVector<Place>> walk(func::FuncOp function, Frame &frame);

  DispatchList list;

private:
  LogicalResult visit(Operation &op, Frame &frame);
  LogicalResult visitCall(func::CallOp call, Frame &frame);
  LogicalResult visitParam(ParamOp param, Frame &frame);
  LogicalResult dispatch(Operation &op, Frame &frame);
  bool aliases(ReshapeOp reshape, Frame &frame);

  const SymbolicDims &dims;
  const StepDims &bounds;
  SymbolTableCollection symbols;
};

} // namespace

static SmallVector<Place> placesOf(ValueRange values, const Frame &frame) {
  return llvm::map_to_vector(values, [&](Value value) { return frame.places.at(value); });
}

/// The layer that a call is for: the first argument that is an index.
static std::optional<int64_t> layerOf(ArrayRef<Place> arguments) {
  for (const Place &place : arguments)
    if (place.kind == Place::Kind::Number)
      return place.index;
  return std::nullopt;
}

FailureOr<SmallVector<Place>> DispatchListBuilder::walk(func::FuncOp function, Frame &frame) {
  for (Operation &op : function.getBody().front().without_terminator())
    if (failed(visit(op, frame)))
      return failure();
  return placesOf(function.getBody().front().getTerminator()->getOperands(), frame);
}

LogicalResult DispatchListBuilder::visitCall(func::CallOp call, Frame &frame) {
  auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr());
  SmallVector<Place> arguments = placesOf(call.getOperands(), frame);
  Frame inner;
  inner.layer = layerOf(arguments);
  if (!inner.layer)
    inner.layer = frame.layer;
  for (auto [argument, place] : llvm::zip(callee.getArguments(), arguments))
    inner.places[argument] = place;
  FailureOr<SmallVector<Place>> results = walk(callee, inner);
  if (failed(results))
    return failure();
  for (auto [result, place] : llvm::zip(call.getResults(), *results))
    frame.places[result] = place;
  return success();
}

LogicalResult DispatchListBuilder::visitParam(ParamOp param, Frame &frame) {
  const Place layer = frame.places.at(param.getLayer());
  auto weight = symbols.lookupNearestSymbolFrom<WeightOp>(param, param.getWeightAttr());
  if (!weight)
    return param.emitOpError() << "expected a weight named " << param.getWeight();
  if (layer.index < 0 || layer.index >= int64_t(weight.getLayers()))
    return param.emitOpError() << "expected a layer below " << weight.getLayers() << " but got "
                               << layer.index;
  frame.places[param.getResult()] = {Place::Kind::Weight, layer.index, param.getWeightAttr(), {}};
  return success();
}

/// Whether a reshape's result is its input's buffer.
bool DispatchListBuilder::aliases(ReshapeOp reshape, Frame &frame) {
  return frame.places.at(reshape.getInput()).kind == Place::Kind::Buffer &&
         keepsLayout(dims.get(reshape.getInput()), dims.get(reshape.getResult()));
}

LogicalResult DispatchListBuilder::dispatch(Operation &op, Frame &frame) {
  DispatchRecord record;
  record.op = &op;
  record.layer = frame.layer;
  record.operands = placesOf(op.getOperands(), frame);
  for (Value result : op.getResults()) {
    auto bytes = boundedBytes(result.getType(), dims.get(result), bounds);
    if (!bytes)
      return op.emitOpError() << "expected a result of known dimensions that fits in memory";
    Place place{Place::Kind::Buffer, int64_t(list.buffers.size()), {}, {}};
    list.buffers.push_back({*bytes});
    record.results.push_back(place);
    frame.places[result] = place;
  }
  list.dispatches.push_back(std::move(record));
  return success();
}

LogicalResult DispatchListBuilder::visit(Operation &op, Frame &frame) {
  if (auto call = dyn_cast<func::CallOp>(op))
    return visitCall(call, frame);
  if (auto param = dyn_cast<ParamOp>(op))
    return visitParam(param, frame);
  APInt number;
  if (op.getNumResults() == 1 && matchPattern(op.getResult(0), m_ConstantInt(&number))) {
    frame.places[op.getResult(0)] = {Place::Kind::Number, number.getSExtValue(), {}, {}};
    return success();
  }
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    frame.places[constant.getResult()] = {Place::Kind::Constant, 0, {}, constant};
    return success();
  }
  if (auto kv = dyn_cast<KvLayerOp>(op)) {
    frame.places[kv.getResult()] = {Place::Kind::Kv, int64_t(kv.getLayer()), {}, {}};
    return success();
  }
  if (auto reshape = dyn_cast<ReshapeOp>(op); reshape && aliases(reshape, frame)) {
    frame.places[reshape.getResult()] = frame.places.at(reshape.getInput());
    return success();
  }
  if (!isa<GraphcDialect>(op.getDialect()))
    return op.emitOpError() << "expected only ops of the graphc dialect, calls and layer numbers "
                               "in what a plan is made of";
  return dispatch(op, frame);
}

FailureOr<DispatchList> DispatchList::build(func::FuncOp step, const SymbolicDims &dims,
                                            const StepDims &bounds) {
  if (step.getNumArguments() != 1 || !isa<StepType>(step.getArgument(0).getType()) ||
      step.getNumResults() != 1)
    return step.emitOpError() << "expected one argument !graphc.step and one result but got "
                              << step.getFunctionType();
  DispatchListBuilder builder(dims, bounds);
  Frame frame;
  frame.places[step.getArgument(0)] = {Place::Kind::Step, 0, {}, {}};
  FailureOr<SmallVector<Place>> results = builder.walk(step, frame);
  if (failed(results))
    return failure();
  if (results->front().kind != Place::Kind::Buffer)
    return step.emitOpError() << "expected the step to return what an op computed";
  builder.list.resultBuffer = results->front().index;
  return std::move(builder.list);
}

/// The product of static extents before, between and behind the symbols.
static SmallVector<int64_t> staticRuns(ArrayRef<Dim> dims) {
  SmallVector<int64_t> runs = {1};
  for (Dim dim : dims) {
    if (dim.isStatic())
      runs.back() *= dim.extent();
    else
      runs.push_back(1);
  }
  return runs;
}

bool keepsLayout(ArrayRef<Dim> from, ArrayRef<Dim> to) {
  auto isSymbol = [](Dim dim) { return !dim.isStatic(); };
  auto symbolsFrom = llvm::to_vector(llvm::make_filter_range(from, isSymbol));
  auto symbolsTo = llvm::to_vector(llvm::make_filter_range(to, isSymbol));
  return symbolsFrom == symbolsTo && staticRuns(from) == staticRuns(to);
}

} // namespace graphc
