// The header of a GGUF file, version 2 or 3: metadata and the list of tensors.
//
//   "GGUF", u32 version, u64 tensors, u64 entries
//   entries    string key, u32 type, value
//   tensors    string name, u32 dimensions, u64 extents[], u32 type, u64 offset
//   padding to general.alignment (32), then the tensors' data, offsets counted from here
//
// where a string is a u64 length and its bytes, and an array a u32 type, a u64 count and that many
// values. See https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
//
// Values are kept where they stand in the file; nothing is allocated but a list of their places.
#ifndef GRAPHC_FRONTEND_GGUF_GGUFHEADER_H
#define GRAPHC_FRONTEND_GGUF_GGUFHEADER_H

#include "frontend/gguf/GgufTypes.h"
#include "frontend/gguf/GgufValue.h"
#include "runtime/base/Status.h"

#include <map>
#include <string>
#include <vector>

namespace graphc {

struct GgufTensor {
  std::string name;
  const GgufType *type = nullptr;
  /// Slowest first, as everywhere in graphc; the file has them the other way round.
  std::vector<int64_t> shape;
  /// In the file.
  uint64_t begin = 0, end = 0;
};

struct GgufHeader {
  uint32_t version = 0;
  GgufMetadata metadata;
  /// In the order of the file; names differ.
  std::vector<GgufTensor> tensors;
  /// Where the header ends and the data begins.
  uint64_t dataOffset = 0;
};

/// Reads and checks the header of a file that has all of `bytes`; `path` is for messages. Values
/// refer to the bytes. BadInput where the file contradicts itself or ends too early, Unsupported
/// for other versions and for tensor types that no table has.
Expected<GgufHeader> readGgufHeader(std::span<const std::byte> bytes, const std::string &path);

/// Whether a file begins like one.
bool looksLikeGguf(const std::string &path);

} // namespace graphc

#endif // GRAPHC_FRONTEND_GGUF_GGUFHEADER_H
