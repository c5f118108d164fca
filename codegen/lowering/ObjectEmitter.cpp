#include "codegen/lowering/ObjectEmitter.h"

#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>

using namespace llvm;

namespace graphc {

static void initializeTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
  });
}

Expected<ObjectEmitter> ObjectEmitter::create(const Target &target) {
  initializeTargets();
  Triple triple(target.triple());
  std::string error;
  const llvm::Target *backend = TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return internalError("LLVM has no code generator for " + target.triple() + ": " + error);
  TargetOptions options;
  // An fma only where a kernel says so: contraction would change bits with the shape of the code.
  options.AllowFPOpFusion = FPOpFusion::Strict;
  ObjectEmitter emitter;
  emitter.target = target;
  emitter.machine.reset(backend->createTargetMachine(triple, "x86-64", target.featureString(),
                                                     options, Reloc::PIC_, std::nullopt,
                                                     CodeGenOptLevel::Aggressive));
  return emitter;
}

static void setFunctionAttributes(Function &function, const Target &target) {
  function.addFnAttr("target-cpu", "x86-64");
  function.addFnAttr("target-features", target.featureString());
  function.addFnAttr("prefer-vector-width", std::to_string(target.lanes() * 32));
  function.addFnAttr("min-legal-vector-width", std::to_string(target.lanes() * 32));
  function.addFnAttr("no-trapping-math", "true");
  function.addFnAttr("no-builtins");
  function.addFnAttr(Attribute::NoUnwind);
}

void ObjectEmitter::optimize(Module &module) const {
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
  for (Function &function : module) {
    if (!function.isDeclaration())
      setFunctionAttributes(function, target);
  }
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager callGraph;
  ModuleAnalysisManager modules;
  PassBuilder builder(machine.get());
  // No memset, memcpy or math function out of a kernel: it calls nothing.
  TargetLibraryInfoImpl library(machine->getTargetTriple());
  library.disableAllFunctions();
  functions.registerPass([&] { return TargetLibraryAnalysis(library); });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3).run(module, modules);
}

static Status emitFile(TargetMachine &machine, Module &module, raw_pwrite_stream &out,
                       CodeGenFileType type) {
  legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, out, nullptr, type))
    return internalError("LLVM cannot emit code for " + machine.getTargetTriple().str());
  passes.run(module);
  return {};
}

Expected<SmallVector<char, 0>> ObjectEmitter::emitObject(Module &module) const {
  SmallVector<char, 0> object;
  raw_svector_ostream out(object);
  GRAPHC_RETURN_IF_ERROR(emitFile(*machine, module, out, CodeGenFileType::ObjectFile));
  return object;
}

Expected<std::string> ObjectEmitter::emitAssembly(Module &module) const {
  SmallVector<char, 0> text;
  raw_svector_ostream out(text);
  GRAPHC_RETURN_IF_ERROR(emitFile(*machine, module, out, CodeGenFileType::AssemblyFile));
  return std::string(text.data(), text.size());
}

} // namespace graphc
