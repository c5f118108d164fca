#include "codegen/lowering/KernelCompiler.h"

#include "codegen/lowering/Linker.h"
#include "codegen/lowering/LowerToLlvm.h"
#include "codegen/lowering/ObjectEmitter.h"

#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace mlir;

namespace graphc {

CompiledKernels::CompiledKernels() : context(std::make_unique<llvm::LLVMContext>()) {}
CompiledKernels::CompiledKernels(CompiledKernels &&) noexcept = default;

CompiledKernels::~CompiledKernels() {
  // The module refers to the context: it goes first.
  module.reset();
}

FailureOr<CompiledKernels> CompiledKernels::create(ModuleOp kernels,
                                                   llvm::ArrayRef<EntryPoint> entries) {
  if (failed(lowerToLlvm(kernels)))
    return failure();
  CompiledKernels result;
  result.module = translateModuleToLLVMIR(kernels, *result.context, "graphc-kernels");
  if (!result.module)
    return kernels.emitError("cannot translate the kernels to LLVM IR");
  addEntryPoints(*result.module, entries);
  return result;
}

Status CompiledKernels::optimize(const Target &target) {
  GRAPHC_ASSIGN_OR_RETURN(ObjectEmitter emitter, ObjectEmitter::create(target));
  emitter.optimize(*module);
  return {};
}

std::string CompiledKernels::llvmText() const {
  std::string text;
  llvm::raw_string_ostream out(text);
  module->print(out, nullptr);
  return text;
}

// Code generation changes the module: each output works on a copy.

Expected<std::string> CompiledKernels::assembly(const Target &target) const {
  GRAPHC_ASSIGN_OR_RETURN(ObjectEmitter emitter, ObjectEmitter::create(target));
  return emitter.emitAssembly(*llvm::CloneModule(*module));
}

Expected<std::vector<std::byte>> CompiledKernels::sharedObject(const Target &target) const {
  GRAPHC_ASSIGN_OR_RETURN(ObjectEmitter emitter, ObjectEmitter::create(target));
  auto object = emitter.emitObject(*llvm::CloneModule(*module));
  if (!object.ok())
    return object.status();
  return linkSharedObject(*object);
}

} // namespace graphc
