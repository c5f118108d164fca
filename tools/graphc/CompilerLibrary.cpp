#include "tools/graphc/CompilerLibrary.h"

#include <dlfcn.h>
#include <filesystem>
#include <string>

namespace fs = std::filesystem;

namespace graphc {

static constexpr char kLibrary[] = "libgraphc-compiler.so";

static fs::path folderOfThisProgram() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

/// The address of a function of the library, which stays loaded: LLVM registers functions that run
/// at exit. `who` needs it.
static Expected<void *> librarySymbol(const std::string &who, const char *symbol) {
  fs::path folder = folderOfThisProgram();
  fs::path library = folder.parent_path() / "lib" / kLibrary;
  if (!fs::exists(library))
    library = folder / kLibrary;
  if (!fs::exists(library))
    return unsupported(who + " needs " + kLibrary + ", which is neither in " +
                       (folder.parent_path() / "lib").string() + " nor in " + folder.string());
  void *handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  void *address = handle ? ::dlsym(handle, symbol) : nullptr;
  if (!address)
    return unsupported(library.string() + " cannot be loaded: " + ::dlerror());
  return address;
}

Status runCompilerCommand(int argc, const char *const *argv, int &exitCode) {
  GRAPHC_ASSIGN_OR_RETURN(void *address, librarySymbol(argv[0], "graphcCompilerMain"));
  exitCode = reinterpret_cast<int (*)(int, const char *const *)>(address)(argc, argv);
  return {};
}

Expected<std::vector<LibraryVersion>> compilerVersions() {
  GRAPHC_ASSIGN_OR_RETURN(void *address, librarySymbol("compile", "graphcCompilerVersions"));
  return parseVersions(reinterpret_cast<const char *(*)()>(address)());
}

} // namespace graphc
