#include "passes/PlanRunner.h"

#include "ir/reference/WeightEvaluator.h"

using namespace mlir;

namespace graphc {

PlanRunner::PlanRunner(ModuleOp module, const WeightSource &weights)
    : plan(*module.getOps<PlanOp>().begin()), symbols(module), weights(weights),
      evaluator(module, &weights), buffers(*PlanBuffers::collect(plan)) {}

/// Puts a value where a buffer is; what overlaps it is lost.
void PlanRunner::write(int64_t buffer, TensorPtr value) {
  auto begin = [&](size_t i) { return buffers.buffers[i].offset; };
  auto end = [&](size_t i) { return begin(i) + buffers.buffers[i].usage.bytes; };
  const size_t written = size_t(buffer);
  for (size_t i = 0; i < contents.size(); ++i)
    if (begin(i) < end(written) && begin(written) < end(i))
      contents[i] = nullptr;
  contents[written] = std::move(value);
}

/// A value in the shape that a kernel sees: reshapes that move nothing are no dispatches.
static TensorPtr viewed(const TensorPtr &value, ArrayRef<Dim> dims, const StepDims &extents) {
  Shape shape;
  for (Dim dim : dims)
    shape.push_back(extents(dim));
  return shape == value->shape ? value : std::make_shared<Tensor>(shape, value->values);
}

Expected<RuntimeValue> PlanRunner::valueOf(Attribute binding, int64_t buffer, ArrayRef<Dim> dims,
                                           const StepDims &extents) {
  if (isa<StepInputsAttr>(binding))
    return RuntimeValue(StepRef());
  if (auto kv = dyn_cast<KvAttr>(binding))
    return RuntimeValue(CacheRef{kv.getLayer()});
  if (buffer >= 0) {
    if (!contents[size_t(buffer)])
      return internalError("buffer " + std::to_string(buffer) + " has been overwritten");
    return RuntimeValue(viewed(contents[size_t(buffer)], dims, extents));
  }
  auto use = cast<WeightAttr>(binding);
  TensorPtr &value = params[{use.getSymbol().getValue().str(), use.getLayer()}];
  if (!value) {
    auto weight = symbols.lookup<WeightOp>(use.getSymbol().getValue());
    GRAPHC_ASSIGN_OR_RETURN(
        std::vector<float> numbers,
        WeightEvaluator(weight, use.getLayer(), weights).readAll(weight.getYielded()));
    Shape shape(weight.getTensorType().getShape());
    value = std::make_shared<Tensor>(std::move(shape), std::move(numbers));
  }
  return RuntimeValue(value);
}

Expected<Tensor> PlanRunner::runStep(const StepData &step, KvStore &cache) {
  contents.assign(buffers.buffers.size(), nullptr);
  const StepDims extents{.tokens = step.tokenCount(),
                         .rows = int64_t(step.outRows.size()),
                         .cached = int64_t(step.cachedRows().size())};
  Tensor result;
  size_t number = 0;
  for (auto dispatch : plan.getBody().getOps<DispatchOp>()) {
    auto kernel = symbols.lookup<KernelOp>(dispatch.getKernel());
    const std::vector<int64_t> &bufferOf = buffers.ofBinding[number++];
    SmallVector<RuntimeValue> arguments;
    size_t index = 0;
    FailureOr<SymbolicDims> dims = SymbolicDims::analyze(cast<FunctionOpInterface>(*kernel));
    for (BlockArgument argument : kernel.getBody().getArguments()) {
      GRAPHC_ASSIGN_OR_RETURN(
          RuntimeValue value,
          valueOf(dispatch.getBindings()[index], bufferOf[index], dims->get(argument), extents));
      arguments.push_back(std::move(value));
      ++index;
    }
    GRAPHC_ASSIGN_OR_RETURN(
        std::vector<TensorPtr> results,
        evaluator.run(cast<FunctionOpInterface>(*kernel), arguments, step, cache));
    for (TensorPtr &value : results) {
      if (isa<ResultAttr>(dispatch.getBindings()[index]))
        result = *value;
      else
        write(bufferOf[index], std::move(value));
      ++index;
    }
  }
  return result;
}

} // namespace graphc
