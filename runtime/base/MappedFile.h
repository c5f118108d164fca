// A file mapped read-only into memory for as long as the object lives.
#ifndef GRAPHC_RUNTIME_BASE_MAPPEDFILE_H
#define GRAPHC_RUNTIME_BASE_MAPPEDFILE_H

#include "runtime/base/Status.h"

#include <cstddef>
#include <span>
#include <string>

namespace graphc {

class MappedFile {
public:
  MappedFile() = default;
  MappedFile(MappedFile &&other) noexcept;
  MappedFile &operator=(MappedFile &&other) noexcept;
  ~MappedFile();

  /// Maps the whole of a regular file. Fails with BadInput when it is absent, not a regular file or
  /// empty, with Resources when the system refuses.
  static Expected<MappedFile> open(const std::string &path);

  std::span<const std::byte> bytes() const { return {data, size}; }
  const std::string &path() const { return name; }

  /// Copies the bytes from `offset` on, without the mapping: where gigabytes are read once, copying
  /// them into a small buffer costs less than the page faults of a mapping. BadInput when the range
  /// is no longer there or cannot be read.
  Status read(size_t offset, std::span<std::byte> out) const;

  /// Tells the system that a range will not be read again, so that its pages can go.
  void release(size_t offset, size_t length) const;

private:
  const std::byte *data = nullptr;
  size_t size = 0;
  int file = -1;
  std::string name;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_MAPPEDFILE_H
