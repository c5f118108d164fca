#include "codegen/lowering/KernelCompiler.h"

#include "codegen/lowering/Linker.h"
#include "codegen/lowering/LowerToLlvm.h"
#include "codegen/lowering/ObjectEmitter.h"
#include "runtime/threads/Topology.h"

#include "mlir/IR/SymbolTable.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace mlir;

namespace graphc {

struct CompiledKernels::Part {
  std::unique_ptr<llvm::LLVMContext> context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> module; ///< Refers to the context, so it goes first.
};

CompiledKernels::CompiledKernels() = default;
CompiledKernels::CompiledKernels(CompiledKernels &&) noexcept = default;
CompiledKernels::~CompiledKernels() = default;

/// `kernels` with one of its entries' functions alone, and whatever else is in it.
static OwningOpRef<ModuleOp> moduleOf(const EntryPoint &entry, ModuleOp kernels,
                                      const llvm::StringSet<> &entryFunctions) {
  OwningOpRef<ModuleOp> own(cast<ModuleOp>(kernels->cloneWithoutRegions()));
  OpBuilder builder = OpBuilder::atBlockEnd(&own->getBodyRegion().emplaceBlock());
  for (Operation &op : *kernels.getBody()) {
    auto symbol = dyn_cast<SymbolOpInterface>(op);
    bool isOther =
        symbol && symbol.getName() != entry.function && entryFunctions.contains(symbol.getName());
    if (!isOther)
      builder.clone(op);
  }
  return own;
}

FailureOr<CompiledKernels> CompiledKernels::create(ModuleOp kernels,
                                                   llvm::ArrayRef<EntryPoint> entries) {
  if (failed(lowerToLlvm(kernels)))
    return failure();
  llvm::StringSet<> functions;
  for (const EntryPoint &entry : entries)
    functions.insert(entry.function);
  CompiledKernels result;
  for (const EntryPoint &entry : entries) {
    Part &part = result.parts.emplace_back();
    part.module =
        translateModuleToLLVMIR(*moduleOf(entry, kernels, functions), *part.context, entry.symbol);
    if (!part.module)
      return kernels.emitError("cannot translate the kernels to LLVM IR");
    addEntryPoint(*part.module, entry);
  }
  return result;
}

/// Calls `body(i)` for every part, on all CPUs. Returns the first failure in the order of parts.
Status CompiledKernels::forEachPart(llvm::function_ref<Status(size_t)> body) const {
  std::vector<Status> results(parts.size());
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(availableCpus()));
  for (size_t i = 0; i < parts.size(); ++i)
    pool.async([&, i] { results[i] = body(i); });
  pool.wait();
  auto failed = llvm::find_if(results, [](const Status &status) { return !status.ok(); });
  return failed == results.end() ? Status() : *failed;
}

Status CompiledKernels::optimize(const Target &target) {
  return forEachPart([&](size_t i) -> Status {
    GRAPHC_ASSIGN_OR_RETURN(ObjectEmitter emitter, ObjectEmitter::create(target));
    emitter.optimize(*parts[i].module);
    return {};
  });
}

std::string CompiledKernels::llvmText() const {
  std::string text;
  llvm::raw_string_ostream out(text);
  for (const Part &part : parts)
    part.module->print(out, nullptr);
  return text;
}

// Code generation changes the module: each output works on a copy.

Expected<std::string> CompiledKernels::assembly(const Target &target) const {
  std::vector<std::string> texts(parts.size());
  GRAPHC_RETURN_IF_ERROR(forEachPart([&](size_t i) -> Status {
    GRAPHC_ASSIGN_OR_RETURN(ObjectEmitter emitter, ObjectEmitter::create(target));
    GRAPHC_ASSIGN_OR_RETURN(texts[i], emitter.emitAssembly(*llvm::CloneModule(*parts[i].module)));
    return {};
  }));
  return llvm::join(texts, "");
}

Expected<std::vector<std::byte>> CompiledKernels::sharedObject(const Target &target) const {
  std::vector<llvm::SmallVector<char, 0>> objects(parts.size());
  GRAPHC_RETURN_IF_ERROR(forEachPart([&](size_t i) -> Status {
    GRAPHC_ASSIGN_OR_RETURN(ObjectEmitter emitter, ObjectEmitter::create(target));
    GRAPHC_ASSIGN_OR_RETURN(objects[i], emitter.emitObject(*llvm::CloneModule(*parts[i].module)));
    return {};
  }));
  return linkSharedObject(objects);
}

} // namespace graphc
