// Kernel functions in, a shared object out: the whole way from MLIR to machine code.
#ifndef GRAPHC_CODEGEN_LOWERING_KERNELCOMPILER_H
#define GRAPHC_CODEGEN_LOWERING_KERNELCOMPILER_H

#include "codegen/lowering/EntryPoints.h"
#include "codegen/target/Target.h"

#include "mlir/IR/BuiltinOps.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace llvm {
class LLVMContext;
class Module;
} // namespace llvm

namespace graphc {

/// Kernels on their way to machine code. The steps go in order: create, optimize, then any of the
/// outputs.
class CompiledKernels {
public:
  /// Lowers `module` (func.funcs with the signature of KernelFunction) in place and translates it
  /// to LLVM IR with an entry point for each of `entries`. What failed is said by a diagnostic.
  static mlir::FailureOr<CompiledKernels> create(mlir::ModuleOp module,
                                                 llvm::ArrayRef<EntryPoint> entries);

  CompiledKernels(CompiledKernels &&) noexcept;
  ~CompiledKernels();

  /// Runs LLVM's -O3 for `target`. Once.
  Status optimize(const Target &target);

  /// The LLVM IR.
  std::string llvmText() const;
  /// The assembly of the optimized IR.
  Expected<std::string> assembly(const Target &target) const;
  /// The shared object of the optimized IR; it has no undefined symbols.
  Expected<std::vector<std::byte>> sharedObject(const Target &target) const;

private:
  CompiledKernels();
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_LOWERING_KERNELCOMPILER_H
