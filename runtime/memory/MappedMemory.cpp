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

/// Newer kernels let ranges whose length is a multiple of it begin at one, too.
static constexpr uint64_t kHugePage = uint64_t(2) << 20;

Expected<MappedMemory> MappedMemory::reserve(uint64_t bytes, const std::string &what,
                                             PageSize pages) {
  MappedMemory result;
  if (bytes == 0)
    return result;
  const uint64_t first = pages == PageSize::HugeBehindFirst ? kHugePage : 0;
  const uint64_t end = bytes / kHugePage * kHugePage;
  const bool isHuge = pages != PageSize::Small && end > first && bytes <= UINT64_MAX - kHugePage;
  const uint64_t length = isHuge ? (bytes + kHugePage - 1) / kHugePage * kHugePage : bytes;
  void *address = ::mmap(nullptr, length, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED)
    return resourceError("cannot get " + std::to_string(bytes) + " bytes for the " + what + ": " +
                         std::strerror(errno));
  result.base = static_cast<std::byte *>(address);
  result.length = length;
  if (isHuge) { // Hints: any pages do. Some systems use huge ones unless they are told not to.
    ::madvise(result.base, first, MADV_NOHUGEPAGE);
    ::madvise(result.base + first, end - first, MADV_HUGEPAGE);
    ::madvise(result.base + end, length - end, MADV_NOHUGEPAGE);
  }
  return result;
}

} // namespace graphc
