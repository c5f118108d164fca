// Machine code of a plan, loaded.
#ifndef GRAPHC_RUNTIME_EXEC_CODEOBJECT_H
#define GRAPHC_RUNTIME_EXEC_CODEOBJECT_H

#include "runtime/base/Status.h"
#include "runtime/plan/KernelAbi.h"

#include <cstddef>
#include <span>
#include <string>

namespace graphc {

/// A shared object loaded from memory: written to an anonymous file (memfd) and given to the
/// dynamic linker, which takes 0.2 ms for 240 kernels and leaves nothing in the file system.
class CodeObject {
public:
  CodeObject() = default;
  CodeObject(CodeObject &&other) noexcept;
  CodeObject &operator=(CodeObject &&other) noexcept;
  ~CodeObject();

  /// Loads an ELF shared object. `what` names it in messages. BadInput when the dynamic linker
  /// refuses it, Resources when the system does.
  static Expected<CodeObject> load(std::span<const std::byte> object, const std::string &what);

  /// The kernel of that name. BadInput when there is none.
  Expected<KernelFn> kernel(const std::string &symbol) const;

private:
  std::string name;
  void *handle = nullptr;
  /// Stays open as long as the object is loaded: the linker knows objects by their path, here
  /// /proc/self/fd/<number>, and would take a second object under a reused number for the first.
  int file = -1;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_EXEC_CODEOBJECT_H
