// Bounded reading of little-endian data from a file: the only way that parsers of graphc look at
// untrusted bytes.
#ifndef GRAPHC_RUNTIME_BASE_BYTEREADER_H
#define GRAPHC_RUNTIME_BASE_BYTEREADER_H

#include "runtime/base/Status.h"

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace graphc {

/// A cursor over bytes. `what` names the file (or the part of it) in messages.
class ByteReader {
public:
  ByteReader(std::span<const std::byte> bytes, std::string what)
      : bytes(bytes), what(std::move(what)) {}

  size_t offset() const { return position; }
  size_t remaining() const { return bytes.size() - position; }

  template <typename T>
  Expected<T> read() {
    static_assert(std::is_trivially_copyable_v<T>);
    GRAPHC_ASSIGN_OR_RETURN(std::span<const std::byte> raw, take(sizeof(T)));
    T value;
    std::memcpy(&value, raw.data(), sizeof(T));
    return value;
  }

  /// The next `length` bytes, which stay owned by the file.
  Expected<std::span<const std::byte>> take(uint64_t length) {
    if (length > remaining())
      return badInput(what + ": " + std::to_string(length) + " bytes wanted at offset " +
                      std::to_string(position) + ", but only " + std::to_string(remaining()) +
                      " are left");
    std::span<const std::byte> result = bytes.subspan(position, length);
    position += length;
    return result;
  }

  Expected<std::string_view> takeString(uint64_t length) {
    GRAPHC_ASSIGN_OR_RETURN(std::span<const std::byte> raw, take(length));
    return std::string_view(reinterpret_cast<const char *>(raw.data()), raw.size());
  }

private:
  std::span<const std::byte> bytes;
  size_t position = 0;
  std::string what;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_BYTEREADER_H
