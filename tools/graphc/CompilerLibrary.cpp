#include "tools/graphc/CompilerLibrary.h"

#include <dlfcn.h>
#include <filesystem>
#include <string>

namespace fs = std::filesystem;

namespace graphc {

static constexpr char kLibrary[] = "libgraphc-compiler.so";
static constexpr char kEntry[] = "graphcCompilerMain";

static fs::path folderOfThisProgram() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

Status runCompilerCommand(int argc, const char *const *argv, int &exitCode) {
  fs::path folder = folderOfThisProgram();
  fs::path library = folder.parent_path() / "lib" / kLibrary;
  if (!fs::exists(library))
    library = folder / kLibrary;
  if (!fs::exists(library))
    return unsupported(std::string(argv[0]) + " needs " + kLibrary + ", which is neither in " +
                       (folder.parent_path() / "lib").string() + " nor in " + folder.string());
  void *handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  using Entry = int (*)(int, const char *const *);
  auto entry = handle ? reinterpret_cast<Entry>(::dlsym(handle, kEntry)) : nullptr;
  if (!entry)
    return unsupported(library.string() + " cannot be loaded: " + ::dlerror());
  // Never closed: LLVM registers functions that run at exit.
  exitCode = entry(argc, argv);
  return {};
}

} // namespace graphc
