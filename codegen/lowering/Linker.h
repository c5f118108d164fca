// Object files to a shared object, by lld in this process.
#ifndef GRAPHC_CODEGEN_LOWERING_LINKER_H
#define GRAPHC_CODEGEN_LOWERING_LINKER_H

#include "runtime/base/Status.h"

#include "llvm/ADT/SmallVector.h"

#include <cstddef>
#include <span>
#include <vector>

namespace graphc {

/// Links objects into a shared object that needs nothing else: an undefined symbol is an error that
/// names it. lld resets the process' llvm::cl options; one call at a time.
Expected<std::vector<std::byte>>
linkSharedObject(std::span<const llvm::SmallVector<char, 0>> objects);

} // namespace graphc

#endif // GRAPHC_CODEGEN_LOWERING_LINKER_H
