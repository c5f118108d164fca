// SafetensorsSource: the weights of a Hugging Face folder, mapped.
//
//   GRAPHC_ASSIGN_OR_RETURN(auto source, SafetensorsSource::open("models/tinyllama"));
//   GRAPHC_RETURN_IF_ERROR(checkTensors(*source, expectedTensors));   // CheckTensors.h
//   source->readRows("model.norm.weight", 0, 2048, buffer);
//
// Opening reads headers only; rows are read and converted when they are asked for.
#ifndef GRAPHC_FRONTEND_WEIGHTS_SAFETENSORSSOURCE_H
#define GRAPHC_FRONTEND_WEIGHTS_SAFETENSORSSOURCE_H

#include "frontend/weights/CheckpointSource.h"
#include "frontend/weights/SafetensorsHeader.h"
#include "runtime/base/MappedFile.h"

#include <map>
#include <memory>

namespace graphc {

class SafetensorsSource : public CheckpointSource {
public:
  /// Opens the weights at `path`; WeightFiles.h says what it may be. BadInput when a header is
  /// damaged, when two shards hold the same tensor, or when a shard lacks a tensor that the index
  /// says it has.
  static Expected<std::unique_ptr<SafetensorsSource>> open(const std::string &path);

  /// A tensor of a type that cannot be read (SafetensorsHeader.h) is not found here; stored() and
  /// names() list it.
  const TensorInfo *find(std::string_view name) const override;
  std::vector<std::string> names() const override;
  Status readRows(std::string_view name, int64_t rowBegin, int64_t rowEnd,
                  std::span<float> out) const override;
  void release(std::string_view name) const override;

  const std::string &path() const override { return openedPath; }
  StoredInfo stored(std::string_view name) const override;
  bool sameBytes(std::string_view a, std::string_view b) const override;
  /// The index included.
  const std::vector<SourceDigest> &digests() const override { return fileDigests; }
  std::string_view readableTypes() const override { return "F32, F16 and BF16"; }

private:
  struct Entry {
    StoredTensor stored;
    TensorInfo info;
    size_t file;
  };

  Status addFile(const std::string &path);
  Status addTensor(StoredTensor tensor);
  Status checkIndex(const std::string &index, const std::map<std::string, size_t> &shardOf) const;
  const Entry *findEntry(std::string_view name) const;
  std::span<const std::byte> bytes(const Entry &entry) const;

  std::string openedPath;
  std::vector<MappedFile> files;
  std::vector<SourceDigest> fileDigests;
  std::map<std::string, Entry, std::less<>> entries;
};

} // namespace graphc

#endif // GRAPHC_FRONTEND_WEIGHTS_SAFETENSORSSOURCE_H
