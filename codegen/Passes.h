// Code generation on the command line of graphc-opt. The compiler itself calls EmitKernels.h and
// lowering/, which yield more than IR.
#ifndef GRAPHC_CODEGEN_PASSES_H
#define GRAPHC_CODEGEN_PASSES_H

#include "mlir/Pass/Pass.h"

namespace graphc {

#define GEN_PASS_DECL
#include "codegen/Passes.h.inc"

/// Makes known to a command line: the pass --graphc-emit-kernels (see Passes.td), and the pipeline
/// --graphc-lower-kernels, from emitted kernels to the LLVM dialect (lowering/LowerToLlvm.h).
void registerCodegenPasses();

} // namespace graphc

#endif // GRAPHC_CODEGEN_PASSES_H
