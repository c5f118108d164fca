#include "runtime/exec/CodeObject.h"

#include "runtime/base/Escape.h"

#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace graphc {

CodeObject::CodeObject(CodeObject &&other) noexcept { *this = std::move(other); }

CodeObject &CodeObject::operator=(CodeObject &&other) noexcept {
  std::swap(name, other.name);
  std::swap(handle, other.handle);
  std::swap(file, other.file);
  return *this;
}

CodeObject::~CodeObject() {
  if (handle)
    ::dlclose(handle);
  if (file >= 0)
    ::close(file);
}

static bool writeAll(int file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return true;
}

Expected<CodeObject> CodeObject::load(std::span<const std::byte> object, const std::string &what) {
  CodeObject result;
  result.name = what;
  result.file = ::memfd_create("graphc-code", MFD_CLOEXEC);
  if (result.file < 0 || !writeAll(result.file, object))
    return resourceError(what + ": cannot hold the code in memory: " + std::strerror(errno));
  std::string path = "/proc/self/fd/" + std::to_string(result.file);
  result.handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (result.handle)
    return result;
  const char *why = ::dlerror();
  return badInput(what + ": the code cannot be loaded: " + escapeForMessage(why ? why : "", 200));
}

Expected<KernelFn> CodeObject::kernel(const std::string &symbol) const {
  void *address = ::dlsym(handle, symbol.c_str());
  if (!address)
    return badInput(name + ": there is no kernel '" + escapeForMessage(symbol) + "' in the code");
  return reinterpret_cast<KernelFn>(address);
}

} // namespace graphc
