#include "codegen/Passes.h"

#include "codegen/EmitKernels.h"
#include "codegen/lowering/LowerToLlvm.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_EMITKERNELSPASS
#include "codegen/Passes.h.inc"

namespace {

class EmitKernelsPass : public impl::EmitKernelsPassBase<EmitKernelsPass> {
public:
  using EmitKernelsPassBase::EmitKernelsPassBase;
  void runOnOperation() override;
};

} // namespace

void EmitKernelsPass::runOnOperation() {
  ModuleOp module = getOperation();
  Expected<Target> machine = Target::parse(target);
  if (!machine.ok()) {
    module.emitError(machine.status().message());
    return signalPassFailure();
  }
  StepBounds bounds = planBounds(module).value_or(StepBounds{maxTokens, maxTokens, context});
  FailureOr<EmittedKernels> kernels = emitKernels(module, bounds, *machine);
  if (failed(kernels))
    return signalPassFailure();
  for (Operation &op : llvm::make_early_inc_range(*module.getBody())) {
    if (isa<KernelOp, PlanOp, WeightOp>(op))
      op.erase();
  }
  module.getBody()->getOperations().splice(module.getBody()->end(),
                                           kernels->module->getBody()->getOperations());
}

#define GEN_PASS_REGISTRATION
#include "codegen/Passes.h.inc"

void registerCodegenPasses() {
  registerGraphcCodegenPasses();
  static PassPipelineRegistration<> lower("graphc-lower-kernels",
                                          "From emitted kernels to the LLVM dialect",
                                          [](OpPassManager &passes) { addLowerToLlvm(passes); });
}

} // namespace graphc
