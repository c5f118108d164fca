// Entry points with the ABI of runtime/plan/KernelAbi.h around lowered kernel functions.
#ifndef GRAPHC_CODEGEN_LOWERING_ENTRYPOINTS_H
#define GRAPHC_CODEGEN_LOWERING_ENTRYPOINTS_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Module.h"

#include <string>

namespace graphc {

/// What a function's leading arguments are taken from, so that the entry point can load them.
///
/// A lowered kernel function has, in this order: the step's numbers and arrays, then one pointer
/// per memory operand and result, then begin, end and scratch. `operandSlots[i]` is the entry of
/// `args` (counted from kFirstOperand) that its i-th memory comes from: operands without memory (a
/// step) have an entry but no argument.
struct EntryPoint {
  std::string function; ///< The kernel function; made internal.
  std::string symbol;   ///< The exported entry point.
  llvm::SmallVector<unsigned> operandSlots;
};

/// Adds `void symbol(const int64_t *args, int64_t begin, int64_t end, void *scratch)`.
void addEntryPoint(llvm::Module &module, const EntryPoint &entry);

} // namespace graphc

#endif // GRAPHC_CODEGEN_LOWERING_ENTRYPOINTS_H
