// What libgraphc-compiler.so is made of, for `graphc doctor`.
#include "llvm/Config/llvm-config.h"

/// Lines "name version".
extern "C" __attribute__((visibility("default"))) const char *graphcCompilerVersions() {
  return "MLIR, LLVM and lld " LLVM_VERSION_STRING "\n";
}
