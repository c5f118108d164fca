// The header of a safetensors file: names, types, shapes and places of its tensors.
//
//   bytes 0..7       u64, little endian: length N of the header, at most 100 MB
//   bytes 8..8+N     JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
//   ...}
//                    and "__metadata__": {"key": "text", ...}; may end in spaces
//   the rest         data; offsets count from its first byte
//
// Everything is checked before any data is looked at: names are unique, each range is as long as
// shape and type say, and the ranges cover the data exactly, without holes or overlaps. Only then
// is a layout handed out.
#ifndef GRAPHC_FRONTEND_WEIGHTS_SAFETENSORSHEADER_H
#define GRAPHC_FRONTEND_WEIGHTS_SAFETENSORSHEADER_H

#include "runtime/base/ElementType.h"
#include "runtime/base/Status.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

/// The longest header that the format allows.
inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;

/// A type of the format. `readable` is set for those whose values graphc can read.
struct StoredType {
  std::string_view name;
  /// Width of an element; not always whole bytes.
  uint64_t bits;
  std::optional<ElementType> readable;
};

/// Null for a name that the format does not have.
const StoredType *findStoredType(std::string_view name);

struct StoredTensor {
  std::string name;
  const StoredType *type = nullptr;
  /// The product of the extents (zeros counted as one) times the type's bits fits int64_t.
  std::vector<int64_t> shape;
  /// The bytes [begin, end) of the file; not aligned to anything.
  uint64_t begin = 0;
  uint64_t end = 0;
};

struct SafetensorsHeader {
  /// Where the data begins: 8 + the length of the header.
  uint64_t dataOffset = 0;
  /// In the order of their data.
  std::vector<StoredTensor> tensors;
};

/// Reads the header of a whole file, of which it touches nothing else. `what` names the file in
/// messages. BadInput for damage, Unsupported for a type that the format does not have (yet).
Expected<SafetensorsHeader> readSafetensorsHeader(std::span<const std::byte> file,
                                                  const std::string &what);

} // namespace graphc

#endif // GRAPHC_FRONTEND_WEIGHTS_SAFETENSORSHEADER_H
