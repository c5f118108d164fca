//===- Passes.td - Code generation as passes ---------------*- tablegen -*-===//
#ifndef GRAPHC_CODEGEN_PASSES_TD
#define GRAPHC_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def EmitKernelsPass : Pass<"graphc-emit-kernels", "::mlir::ModuleOp"> {
  let summary = "Replace a plan by the functions that its kernels become";
  let description = [{
    What `graphc dump --stage kernels` shows, as a pass of `graphc-opt`: every `graphc.kernel` becomes a `func.func` of loops and
    vectors for `target`; plan and weights go. The bounds of the dynamic dimensions are the plan's; where there is no plan, those
    of the options.

    ```mlir
    graphc.kernel @relu(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
      %0 = graphc.relu %x : tensor<?x64xf32>
      graphc.yield %0 : tensor<?x64xf32>
    }
    ```
    becomes
    ```
    func.func @relu(%T: index, .., %x: memref<512x64xf32>, %y: memref<512x64xf32>, %begin: index, %end: index, ..) {
      scf.for %t = %begin to %end .. {
        .. vector.load, arith.maximumf, vector.store ..
    ```
    Fails, with a diagnostic at the op, where no kernel family can do an op on the target.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"native\"", "level of x86-64, as for compile --target">,
    Option<"maxTokens", "max-tokens", "int64_t", "512", "most tokens of a step, if no plan says it">,
    Option<"context", "context", "int64_t", "2048", "most cached rows, if no plan says it">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect", "::mlir::x86vector::X86VectorDialect", "::mlir::amx::AMXDialect"
  ];
}

#endif // GRAPHC_CODEGEN_PASSES_TD
