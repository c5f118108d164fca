#include "tools/compiler/LayerView.h"

#include "ir/GraphDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace graphc {

static Status noSuchLayer(int64_t layer) {
  return usageError("--layer " + std::to_string(layer) + ": there is no such layer");
}

/// The kind of a layer: the function that @step calls with its number.
static Status keepFunction(ModuleOp module, int64_t layer) {
  auto step = module.lookupSymbol<func::FuncOp>("step");
  std::string name;
  if (step) {
    step.walk([&](func::CallOp call) {
      for (Value operand : call.getOperands()) {
        if (operand.getType().isIndex() && getConstantIntValue(operand) == layer)
          name = call.getCallee().str();
      }
    });
  }
  if (name.empty())
    return noSuchLayer(layer);
  for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
    if (function.getSymName() != name)
      function.erase();
  }
  return {};
}

static Status keepDispatches(PlanOp plan, int64_t layer) {
  std::string prefix = "layer " + std::to_string(layer) + " ";
  bool any = false;
  for (auto dispatch : llvm::make_early_inc_range(plan.getBody().getOps<DispatchOp>())) {
    if (dispatch.getLabel().starts_with(prefix))
      any = true;
    else
      dispatch.erase();
  }
  return any ? Status() : noSuchLayer(layer);
}

/// Erases kernels and weights that nothing uses any more.
static void eraseUnused(ModuleOp module) {
  for (bool changed = true; changed;) {
    changed = false;
    for (Operation &op : llvm::make_early_inc_range(*module.getBody())) {
      if (isa<KernelOp, WeightOp>(op) && SymbolTable::symbolKnownUseEmpty(&op, module)) {
        op.erase();
        changed = true;
      }
    }
  }
}

Status keepLayer(ModuleOp module, int64_t layer) {
  auto plans = module.getOps<PlanOp>();
  Status status =
      plans.empty() ? keepFunction(module, layer) : keepDispatches(*plans.begin(), layer);
  if (status.ok())
    eraseUnused(module);
  return status;
}

} // namespace graphc
