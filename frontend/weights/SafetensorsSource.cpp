#include "frontend/weights/SafetensorsSource.h"

#include "frontend/weights/Rows.h"
#include "frontend/weights/WeightFiles.h"
#include "runtime/base/Escape.h"

#include <algorithm>
#include <array>

namespace graphc {

Expected<std::unique_ptr<SafetensorsSource>> SafetensorsSource::open(const std::string &path) {
  GRAPHC_ASSIGN_OR_RETURN(WeightFiles found, findWeightFiles(path));
  auto source = std::make_unique<SafetensorsSource>();
  source->openedPath = path;
  if (!found.index.empty()) {
    GRAPHC_ASSIGN_OR_RETURN(SourceDigest digest, digestSource(found.index));
    source->fileDigests.push_back(std::move(digest));
  }
  for (const std::string &file : found.paths)
    GRAPHC_RETURN_IF_ERROR(source->addFile(file));
  GRAPHC_RETURN_IF_ERROR(source->checkIndex(found.index, found.shardOf));
  return source;
}

Status SafetensorsSource::addFile(const std::string &path) {
  GRAPHC_ASSIGN_OR_RETURN(MappedFile file, MappedFile::open(path));
  GRAPHC_ASSIGN_OR_RETURN(SafetensorsHeader header, readSafetensorsHeader(file.bytes(), path));
  GRAPHC_ASSIGN_OR_RETURN(SourceDigest digest,
                          digestSource(path, file.bytes().first(header.dataOffset)));
  files.push_back(std::move(file));
  fileDigests.push_back(std::move(digest));
  for (StoredTensor &tensor : header.tensors)
    GRAPHC_RETURN_IF_ERROR(addTensor(std::move(tensor)));
  return {};
}

Status SafetensorsSource::addTensor(StoredTensor tensor) {
  TensorInfo info{tensor.type->readable.value_or(ElementType::F32), tensor.shape};
  size_t file = files.size() - 1;
  std::string name = tensor.name;
  auto [entry, isNew] = entries.try_emplace(name, Entry{std::move(tensor), std::move(info), file});
  if (isNew)
    return {};
  return badInput(files[file].path() + ": tensor '" + escapeForMessage(name) + "' is also in " +
                  files[entry->second.file].path());
}

Status SafetensorsSource::checkIndex(const std::string &index,
                                     const std::map<std::string, size_t> &shardOf) const {
  for (const auto &[name, file] : shardOf) {
    const Entry *entry = findEntry(name);
    if (!entry || entry->file != file)
      return badInput(index + ": tensor '" + escapeForMessage(name) + "' is not in " +
                      files[file].path() + ", where the index says it is");
  }
  return {};
}

const SafetensorsSource::Entry *SafetensorsSource::findEntry(std::string_view name) const {
  auto found = entries.find(name);
  return found == entries.end() ? nullptr : &found->second;
}

const TensorInfo *SafetensorsSource::find(std::string_view name) const {
  const Entry *entry = findEntry(name);
  return entry && entry->stored.type->readable ? &entry->info : nullptr;
}

std::vector<std::string> SafetensorsSource::names() const {
  std::vector<std::string> result;
  result.reserve(entries.size());
  for (const auto &[name, entry] : entries)
    result.push_back(name);
  return result;
}

/// Reads out.size() elements of a file from `offset` on.
static Status readElements(const MappedFile &file, ElementType type, size_t offset,
                           std::span<float> out) {
  if (type == ElementType::F32)
    return file.read(offset, std::as_writable_bytes(out));
  // Small enough for the nearest caches, large enough to make little of a system call.
  std::array<std::byte, 64 * 1024> buffer;
  const auto elementBytes = static_cast<size_t>(byteSize(type));
  while (!out.empty()) {
    const size_t count = std::min(out.size(), buffer.size() / elementBytes);
    const auto bytes = std::span(buffer).first(count * elementBytes);
    GRAPHC_RETURN_IF_ERROR(file.read(offset, bytes));
    GRAPHC_RETURN_IF_ERROR(
        convertToF32(type, bytes.data(), static_cast<int64_t>(count), out.data()));
    offset += bytes.size();
    out = out.subspan(count);
  }
  return {};
}

Status SafetensorsSource::readRows(std::string_view name, int64_t rowBegin, int64_t rowEnd,
                                   std::span<float> out) const {
  const TensorInfo *info = find(name);
  GRAPHC_RETURN_IF_ERROR(checkRowRange(name, info, rowBegin, rowEnd, out.size()));
  const Entry &entry = *findEntry(name);
  const auto start = static_cast<size_t>(rowBegin * info->columns() * byteSize(info->type));
  return readElements(files[entry.file], info->type, entry.stored.begin + start, out);
}

void SafetensorsSource::release(std::string_view name) const {
  if (const Entry *entry = findEntry(name))
    files[entry->file].release(entry->stored.begin, entry->stored.end - entry->stored.begin);
}

StoredInfo SafetensorsSource::stored(std::string_view name) const {
  const Entry *entry = findEntry(name);
  if (!entry)
    return {};
  const StoredType &type = *entry->stored.type;
  return {&entry->stored.shape, type.name, type.readable.has_value()};
}

std::span<const std::byte> SafetensorsSource::bytes(const Entry &entry) const {
  return files[entry.file].bytes().subspan(entry.stored.begin,
                                           entry.stored.end - entry.stored.begin);
}

bool SafetensorsSource::sameBytes(std::string_view a, std::string_view b) const {
  const Entry *first = findEntry(a), *second = findEntry(b);
  return first && second && first->stored.type == second->stored.type &&
         first->stored.shape == second->stored.shape &&
         std::ranges::equal(bytes(*first), bytes(*second));
}

} // namespace graphc
