#include "tools/graphc/CompilerLibrary.h"

#include "runtime/base/Version.h"

#include <dlfcn.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>

namespace fs = std::filesystem;

namespace graphc {

static constexpr char kLibrary[] = "libgraphc-compiler.so";

static fs::path folderOfThisProgram() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

/// Where the library is. `who` needs it.
static Expected<fs::path> libraryPath(const std::string &who) {
  fs::path folder = folderOfThisProgram();
  if (folder.empty()) // Never from wherever the command runs.
    return resourceError(who + " needs " + kLibrary +
                         ", which stands beside the program, but "
                         "/proc/self/exe, which says where, cannot "
                         "be read");
  fs::path library = folder.parent_path() / "lib" / kLibrary;
  std::error_code ignored;
  if (!fs::exists(library, ignored))
    library = folder / kLibrary;
  if (!fs::exists(library, ignored))
    return unsupported(who + " needs " + kLibrary + ", which is neither in " +
                       (folder.parent_path() / "lib").string() + " nor in " + folder.string());
  return library;
}

/// The address of a function of the library, which stays loaded: LLVM registers functions that run
/// at exit.
static Expected<void *> librarySymbol(const std::string &who, const char *symbol) {
  GRAPHC_ASSIGN_OR_RETURN(fs::path library, libraryPath(who));
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

Expected<std::string> compilerIdentity() {
  GRAPHC_ASSIGN_OR_RETURN(fs::path library, libraryPath("a model that is no plan"));
  struct stat info = {};
  if (::stat(library.c_str(), &info) != 0)
    return unsupported(library.string() + " cannot be read");
  return std::string(graphcId()) + ", " + std::to_string(info.st_size) + " bytes of " +
         std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec);
}

Expected<std::vector<LibraryVersion>> compilerVersions() {
  GRAPHC_ASSIGN_OR_RETURN(void *address, librarySymbol("compile", "graphcCompilerVersions"));
  return parseVersions(reinterpret_cast<const char *(*)()>(address)());
}

} // namespace graphc
