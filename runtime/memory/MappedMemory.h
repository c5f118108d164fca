// Anonymous memory straight from the system.
#ifndef GRAPHC_RUNTIME_MEMORY_MAPPEDMEMORY_H
#define GRAPHC_RUNTIME_MEMORY_MAPPEDMEMORY_H

#include "runtime/base/Status.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace graphc {

enum class PageSize : uint8_t {
  Small,
  /// 2 MiB, where the system has such, as far as whole ones are in the range: fewer translations of
  /// addresses to miss, and far fewer to set up, which takes long under some hypervisors. What is
  /// written to takes whole pages of memory.
  Huge,
  /// The same but for the first 2 MiB, for memory that is filled from its beginning: little use of
  /// it takes little memory.
  HugeBehindFirst,
};

/// A range of zeros, aligned to the system's pages. Only pages that somebody writes take memory, so
/// a range may be reserved for the worst case and cost what is used of it.
class MappedMemory {
public:
  MappedMemory() = default;
  MappedMemory(MappedMemory &&other) noexcept;
  MappedMemory &operator=(MappedMemory &&other) noexcept;
  ~MappedMemory();

  /// Reserves `bytes` (0 gives an empty range). Resources, with `what` in the message, when the
  /// system refuses.
  static Expected<MappedMemory> reserve(uint64_t bytes, const std::string &what,
                                        PageSize pages = PageSize::Small);

  std::byte *data() const { return base; }
  uint64_t size() const { return length; }

private:
  std::byte *base = nullptr;
  uint64_t length = 0;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_MEMORY_MAPPEDMEMORY_H
