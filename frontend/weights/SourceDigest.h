// What a plan remembers of the files that it was compiled from, so that a changed one is noticed.
#ifndef GRAPHC_FRONTEND_WEIGHTS_SOURCEDIGEST_H
#define GRAPHC_FRONTEND_WEIGHTS_SOURCEDIGEST_H

#include "runtime/base/Status.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace graphc {

struct SourceDigest {
  /// As it was opened.
  std::string path;
  uint64_t size = 0;
  /// Last modification, nanoseconds since 1970.
  int64_t modified = 0;
  /// xxh3 (64 bit, seed 0) of the header: for safetensors the length and the JSON, for other files
  /// the whole. Gigabytes of data are not read for this; size and time stand for them.
  uint64_t headerHash = 0;

  bool operator==(const SourceDigest &) const = default;
};

/// Digest of a file whose header is at hand.
Expected<SourceDigest> digestSource(const std::string &path, std::span<const std::byte> header);

/// Digest of a small file, all of which is its header (config.json, tokenizer.json).
Expected<SourceDigest> digestSource(const std::string &path);

} // namespace graphc

#endif // GRAPHC_FRONTEND_WEIGHTS_SOURCEDIGEST_H
