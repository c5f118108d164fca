// LLVM IR to optimized IR, assembly or an object, for an explicit target.
#ifndef GRAPHC_CODEGEN_LOWERING_OBJECTEMITTER_H
#define GRAPHC_CODEGEN_LOWERING_OBJECTEMITTER_H

#include "codegen/target/Target.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>
#include <string>

namespace llvm {
class Module;
} // namespace llvm

namespace graphc {

class ObjectEmitter {
public:
  /// Sets LLVM up for `target`: its feature list and no CPU name.
  static Expected<ObjectEmitter> create(const Target &target);

  /// Gives the functions the target's attributes and runs LLVM's -O3 without library calls.
  void optimize(llvm::Module &module) const;

  /// The object file of an optimized module.
  Expected<llvm::SmallVector<char, 0>> emitObject(llvm::Module &module) const;
  /// Its assembly.
  Expected<std::string> emitAssembly(llvm::Module &module) const;

private:
  Target target;
  std::unique_ptr<llvm::TargetMachine> machine;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_LOWERING_OBJECTEMITTER_H
