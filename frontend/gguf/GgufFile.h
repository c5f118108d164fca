// A GGUF model: one file, or the several files that one was split into, mapped.
#ifndef GRAPHC_FRONTEND_GGUF_GGUFFILE_H
#define GRAPHC_FRONTEND_GGUF_GGUFFILE_H

#include "frontend/gguf/GgufHeader.h"
#include "frontend/weights/SourceDigest.h"
#include "runtime/base/MappedFile.h"

#include <memory>

namespace graphc {

class GgufFile {
public:
  /// Opens `path`. The first of several files (`X-00001-of-00003.gguf`, `split.count`) brings the
  /// others; any other one of them is refused with the first one's name.
  static Expected<std::shared_ptr<const GgufFile>> open(const std::string &path);

  const std::string &path() const { return files.front().path(); }
  /// Of the first file, which has what the others leave out.
  const GgufMetadata &metadata() const { return firstMetadata; }

  struct Tensor : GgufTensor {
    size_t file = 0;
  };
  /// Sorted by name.
  const std::map<std::string, Tensor, std::less<>> &tensors() const { return byName; }
  const Tensor *find(std::string_view name) const;

  /// Copies bytes of a tensor, from `offset` on.
  Status read(const Tensor &tensor, uint64_t offset, std::span<std::byte> out) const;
  void release(const Tensor &tensor) const;

  const std::vector<SourceDigest> &digests() const { return fileDigests; }

private:
  Expected<int64_t> addFile(const std::string &path, int64_t number);
  Status addSplits(const std::string &path, int64_t count);

  std::vector<MappedFile> files;
  std::vector<SourceDigest> fileDigests;
  GgufMetadata firstMetadata;
  std::map<std::string, Tensor, std::less<>> byName;
};

} // namespace graphc

#endif // GRAPHC_FRONTEND_GGUF_GGUFFILE_H
