#include "runtime/plan/PlanSources.h"

#include "runtime/base/ByteReader.h"
#include "runtime/base/Escape.h"
#include "runtime/base/MappedFile.h"
#include "runtime/plan/PlanFormat.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <sys/stat.h>

namespace fs = std::filesystem;

namespace graphc {

namespace {

constexpr std::string_view kWholeFile = "xxh3:", kHeaderOnly = "xxh3-header:";

/// The hash of a file as the scheme of `like` takes it.
Expected<std::string> digestLike(const std::string &like, const std::string &path) {
  GRAPHC_ASSIGN_OR_RETURN(MappedFile file, MappedFile::open(path));
  std::span<const std::byte> bytes = file.bytes();
  bool headerOnly = like.starts_with(kHeaderOnly);
  if (headerOnly) {
    ByteReader reader(bytes, path);
    GRAPHC_ASSIGN_OR_RETURN(uint64_t length, reader.read<uint64_t>());
    bytes = bytes.first(sizeof(length) + std::min(length, bytes.size() - sizeof(length)));
  }
  char digits[17] = {};
  std::snprintf(digits, sizeof(digits), "%016llx",
                static_cast<unsigned long long>(hashBytes(bytes)));
  return std::string(headerOnly ? kHeaderOnly : kWholeFile) + digits;
}

/// What is different of a source; empty when nothing is.
std::string difference(const PlanSource &source, const std::string &path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0)
    return "is not there";
  int64_t modified = int64_t(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
  auto bytes = static_cast<uint64_t>(info.st_size);
  if (bytes == source.bytes && modified == source.modified)
    return "";
  Expected<std::string> digest = digestLike(source.digest, path);
  if (!digest.ok())
    return digest.status().message();
  std::string text = "was " + std::to_string(source.bytes) + " bytes, " +
                     escapeForMessage(source.digest) + "; is " + std::to_string(bytes) +
                     " bytes, " + *digest;
  if (bytes != source.bytes || *digest != source.digest)
    return text;
  return source.digest.starts_with(kWholeFile)
             ? ""
             : text + ", but was written at another time, and its data have no hash";
}

std::string findFile(const std::string &name, std::span<const std::string> folders) {
  std::error_code ignored;
  for (const std::string &folder : folders) {
    if (fs::exists(fs::path(folder) / name, ignored))
      return (fs::path(folder) / name).string();
  }
  return (fs::path(folders.front()) / name).string();
}

} // namespace

Status checkSources(const PlanModel &model, std::span<const std::string> folders) {
  if (model.sources.empty())
    return usageError("the plan was not compiled from a model's files, so none can be compared");
  std::string changes;
  for (const PlanSource &source : model.sources) {
    std::string path = findFile(source.file, folders);
    std::string change = difference(source, path);
    if (!change.empty())
      changes += "\n  " + escapeForMessage(path, 300) + ": " + change;
  }
  if (changes.empty())
    return {};
  return planMismatch("the files that the plan was compiled from are others now; compile the "
                      "model again" +
                      changes);
}

} // namespace graphc
