#include "runtime/memory/MappedMemory.h"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <utility>

namespace graphc {

MappedMemory::MappedMemory(MappedMemory &&other) noexcept { *this = std::move(other); }

MappedMemory &MappedMemory::operator=(MappedMemory &&other) noexcept {
  std::swap(base, other.base);
  std::swap(length, other.length);
  return *this;
}

MappedMemory::~MappedMemory() {
  if (base)
    ::munmap(base, length);
}

Expected<MappedMemory> MappedMemory::reserve(uint64_t bytes, const std::string &what) {
  MappedMemory result;
  if (bytes == 0)
    return result;
  void *address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED)
    return resourceError("cannot get " + std::to_string(bytes) + " bytes for the " + what + ": " +
                         std::strerror(errno));
  result.base = static_cast<std::byte *>(address);
  result.length = bytes;
  return result;
}

} // namespace graphc
