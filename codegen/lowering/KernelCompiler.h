// Kernel functions in, a shared object out: the whole way from MLIR to machine code.
#ifndef GRAPHC_CODEGEN_LOWERING_KERNELCOMPILER_H
#define GRAPHC_CODEGEN_LOWERING_KERNELCOMPILER_H

#include "codegen/lowering/EntryPoints.h"
#include "codegen/target/Target.h"

#include "mlir/IR/BuiltinOps.h"

#include <cstddef>
#include <string>
#include <vector>

namespace graphc {

/// Kernels on their way to machine code. The steps go in order: create, optimize, then any of the
/// outputs. LLVM works on all CPUs, a kernel at a time on each; what comes out does not depend on
/// how many there are.
class CompiledKernels {
public:
  /// Lowers `module` (func.funcs with the signature of KernelFunction) in place and translates it
  /// to LLVM IR, a module for each of `entries` with its entry point. What failed is said by a
  /// diagnostic.
  static mlir::FailureOr<CompiledKernels> create(mlir::ModuleOp module,
                                                 llvm::ArrayRef<EntryPoint> entries);

  CompiledKernels(CompiledKernels &&) noexcept;
  ~CompiledKernels();

  /// Runs LLVM's -O3 for `target`. Once.
  Status optimize(const Target &target);

  /// The LLVM IR, module after module.
  std::string llvmText() const;
  /// The assembly of the optimized IR, likewise.
  Expected<std::string> assembly(const Target &target) const;
  /// The shared object of the optimized IR; it has no undefined symbols.
  Expected<std::vector<std::byte>> sharedObject(const Target &target) const;

private:
  /// A kernel, in a context of its own: LLVM lets only one thread into a context.
  struct Part;

  CompiledKernels();
  Status forEachPart(llvm::function_ref<Status(size_t)> body) const;

  std::vector<Part> parts;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_LOWERING_KERNELCOMPILER_H
