// GgufSource: the weights of a GGUF model, under the names that they have in a Hugging Face
// checkpoint.
//
// Rows of q and k that the converter reordered for pairs that stand side by side are given back in
// the order of halves, as the graph rotates them.
#ifndef GRAPHC_FRONTEND_GGUF_GGUFSOURCE_H
#define GRAPHC_FRONTEND_GGUF_GGUFSOURCE_H

#include "frontend/config/ModelConfig.h"
#include "frontend/gguf/GgufFile.h"
#include "frontend/weights/CheckpointSource.h"

namespace graphc {

class GgufSource : public CheckpointSource {
public:
  /// `config`: that of the file.
  GgufSource(std::shared_ptr<const GgufFile> file, const ModelConfig &config);

  const TensorInfo *find(std::string_view name) const override;
  std::vector<std::string> names() const override;
  Status readRows(std::string_view name, int64_t rowBegin, int64_t rowEnd,
                  std::span<float> out) const override;
  Status readQuant(std::string_view name, int64_t rowBegin, int64_t rowEnd, int64_t outRow,
                   QuantMatrix &out) const override;
  void release(std::string_view name) const override;

  const std::string &path() const override { return file->path(); }
  StoredInfo stored(std::string_view name) const override;
  std::string nameInFile(std::string_view name) const override;
  bool sameBytes(std::string_view a, std::string_view b) const override;
  const std::vector<SourceDigest> &digests() const override { return file->digests(); }
  std::string_view readableTypes() const override {
    return "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K to Q6_K, IQ4_NL and IQ4_XS";
  }

private:
  struct Entry {
    const GgufFile::Tensor *tensor;
    std::string nameInFile;
    TensorInfo info;
    int64_t pairedHeads = 0; ///< Of a matrix whose rows were reordered; else 0.
    int64_t firstRow = 0;    ///< Of a tensor that is a part of the file's.
  };

  bool addParts(const std::string &name, const Entry &entry, const ModelConfig &config);
  const Entry *findEntry(std::string_view name) const;
  int64_t fileRow(const Entry &entry, int64_t row) const;
  Status readBytes(const Entry &entry, int64_t row, std::span<std::byte> out) const;

  std::shared_ptr<const GgufFile> file;
  Family family;
  std::map<std::string, Entry, std::less<>> entries;
};

} // namespace graphc

#endif // GRAPHC_FRONTEND_GGUF_GGUFSOURCE_H
