#include "runtime/exec/ProductLibrary.h"

#include "runtime/base/Escape.h"

#include <dlfcn.h>
#include <filesystem>
#include <map>
#include <mutex>
#include <vector>

namespace fs = std::filesystem;

namespace graphc {

static constexpr char kOneDnnLibrary[] = "libgraphc-onednn.so";

/// Of the program or shared library that this function is in.
static fs::path ownFolder() {
  Dl_info info = {};
  if (!::dladdr(reinterpret_cast<const void *>(&ownFolder), &info) || !info.dli_fname)
    return {};
  std::error_code error;
  fs::path file = fs::canonical(info.dli_fname, error);
  // A program's name may be how it was called; the system knows better.
  if (error || !file.has_extension())
    file = fs::read_symlink("/proc/self/exe", error);
  return file.parent_path();
}

static Expected<void *> openLibrary(const std::string &name) {
  fs::path folder = ownFolder();
  fs::path beside = folder / name, inLib = folder.parent_path() / "lib" / name;
  std::error_code ignored;
  for (const fs::path &path : {beside, inLib}) {
    // Never from wherever the program runs.
    if (!path.is_absolute() || !fs::exists(path, ignored))
      continue;
    if (void *handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL))
      return handle;
    return planMismatch(path.string() + " cannot be loaded: " + ::dlerror());
  }
  if (void *handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL))
    return handle;
  return planMismatch("the plan needs " + name + ", which is neither in " + folder.string() +
                      " nor in " + inLib.parent_path().string() +
                      "; a plan compiled with --matmul=generated needs no library");
}

static Expected<const ProductProvider *> load(const std::string &name) {
  if (name != kOneDnnProvider)
    return planMismatch("the plan wants products of '" + escapeForMessage(name) +
                        "', which this release does not know");
  GRAPHC_ASSIGN_OR_RETURN(void *handle, openLibrary(kOneDnnLibrary));
  void *symbol = ::dlsym(handle, kProductProviderSymbol);
  const ProductProvider *provider =
      symbol ? reinterpret_cast<const ProductProvider *(*)()>(symbol)() : nullptr;
  if (!provider || provider->abi != kProductAbi)
    return planMismatch(std::string(kOneDnnLibrary) + " is of another release of graphc");
  return provider;
}

Expected<const ProductProvider *> loadProductProvider(const std::string &name) {
  static std::mutex mutex;
  static std::map<std::string, const ProductProvider *> loaded;
  std::lock_guard lock(mutex);
  if (auto it = loaded.find(name); it != loaded.end())
    return it->second;
  GRAPHC_ASSIGN_OR_RETURN(const ProductProvider *provider, load(name));
  loaded[name] = provider;
  return provider;
}

} // namespace graphc
