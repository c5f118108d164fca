#include "frontend/gguf/GgufFile.h"

#include "runtime/base/Escape.h"

#include <array>
#include <cstdio>

namespace graphc {

/// More files than any model is split into.
static constexpr int64_t kMaxSplits = 10000;
/// "-00001-of-00003.gguf"
static constexpr size_t kSplitEndLength = 20;

static std::string splitEnd(int64_t number, int64_t count) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "-%05lld-of-%05lld.gguf",
                static_cast<long long>(number + 1), static_cast<long long>(count));
  return text.data();
}

Expected<std::shared_ptr<const GgufFile>> GgufFile::open(const std::string &path) {
  auto file = std::make_shared<GgufFile>();
  GRAPHC_ASSIGN_OR_RETURN(int64_t count, file->addFile(path, 0));
  if (count > 1)
    GRAPHC_RETURN_IF_ERROR(file->addSplits(path, count));
  GRAPHC_ASSIGN_OR_RETURN(std::optional<int64_t> stated,
                          file->firstMetadata.integer("split.tensors.count"));
  if (stated && *stated != std::ssize(file->byName))
    return file->firstMetadata.wrong(
        "split.tensors.count", std::to_string(file->byName.size()) + ", the tensors of all files",
        std::to_string(*stated));
  return std::shared_ptr<const GgufFile>(std::move(file));
}

/// The other files beside the first.
Status GgufFile::addSplits(const std::string &path, int64_t count) {
  const std::string end = splitEnd(0, count);
  if (!path.ends_with(end))
    return badInput(path + ": the model is split into " + std::to_string(count) +
                    " files, so a name that ends in '" + end + "' is expected");
  const std::string start = path.substr(0, path.size() - kSplitEndLength);
  for (int64_t number = 1; number < count; ++number) {
    const std::string other = start + splitEnd(number, count);
    GRAPHC_ASSIGN_OR_RETURN(int64_t otherCount, addFile(other, number));
    if (otherCount != count)
      return badInput(other + ": key 'split.count': expected " + std::to_string(count) +
                      ", as the first file says, but found " + std::to_string(otherCount));
  }
  return {};
}

/// Adds what a file has, which must be number `number`; returns how many there are.
Expected<int64_t> GgufFile::addFile(const std::string &path, int64_t number) {
  GRAPHC_ASSIGN_OR_RETURN(MappedFile file, MappedFile::open(path));
  GRAPHC_ASSIGN_OR_RETURN(GgufHeader header, readGgufHeader(file.bytes(), path));
  GRAPHC_ASSIGN_OR_RETURN(std::optional<int64_t> stated, header.metadata.integer("split.no"));
  GRAPHC_ASSIGN_OR_RETURN(std::optional<int64_t> count, header.metadata.integer("split.count"));
  if (count && (*count < 0 || *count > kMaxSplits))
    return header.metadata.wrong("split.count", "0 to " + std::to_string(kMaxSplits),
                                 std::to_string(*count));
  if (const int64_t own = stated.value_or(0); own != number)
    return header.metadata.wrong(
        "split.no", std::to_string(number),
        std::to_string(own) +
            (number == 0 ? "; name the first file, which brings the others" : ""));
  GRAPHC_ASSIGN_OR_RETURN(SourceDigest digest,
                          digestSource(path, file.bytes().first(header.dataOffset)));
  fileDigests.push_back(std::move(digest));
  files.push_back(std::move(file));
  if (number == 0)
    firstMetadata = std::move(header.metadata);
  for (GgufTensor &tensor : header.tensors) {
    std::string name = tensor.name;
    if (!byName.try_emplace(name, Tensor{std::move(tensor), files.size() - 1}).second)
      return badInput(path + ": tensor '" + escapeForMessage(name, 200) +
                      "': it is also in another file of the model");
  }
  return count.value_or(1);
}

const GgufFile::Tensor *GgufFile::find(std::string_view name) const {
  auto found = byName.find(name);
  return found == byName.end() ? nullptr : &found->second;
}

Status GgufFile::read(const Tensor &tensor, uint64_t offset, std::span<std::byte> out) const {
  return files[tensor.file].read(tensor.begin + offset, out);
}

void GgufFile::release(const Tensor &tensor) const {
  files[tensor.file].release(tensor.begin, tensor.end - tensor.begin);
}

} // namespace graphc
