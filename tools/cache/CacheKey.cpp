#include "tools/cache/CacheKey.h"

#include "runtime/base/CpuFeatures.h"
#include "runtime/base/Escape.h"
#include "runtime/plan/PlanFormat.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sys/stat.h>

namespace fs = std::filesystem;

namespace graphc {

namespace {

/// What compilers read of a folder; a text or a log beside it changes nothing.
constexpr std::string_view kModelFiles[] = {".json", ".safetensors", ".model", ".jinja", ".gguf"};

bool isModelFile(const fs::path &path) {
  std::string extension = path.extension().string();
  return std::find(std::begin(kModelFiles), std::end(kModelFiles), extension) !=
         std::end(kModelFiles);
}

/// "model" of "model-00001-of-00003.gguf": what its other parts begin with; else empty.
std::string stemOfParts(const std::string &name) {
  constexpr std::string_view kPattern = "-00001-of-00001.gguf";
  if (name.size() <= kPattern.size())
    return "";
  std::string_view end = std::string_view(name).substr(name.size() - kPattern.size());
  auto fits = [](char c, char pattern) {
    return pattern == '0' || pattern == '1' ? c >= '0' && c <= '9' : c == pattern;
  };
  bool part = std::equal(end.begin(), end.end(), kPattern.begin(), fits);
  return part ? name.substr(0, name.size() - kPattern.size()) : "";
}

/// An index may name weights in the folders of a model's folder.
void addShards(const fs::path &folder, std::set<fs::path> &files) {
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".safetensors" && fs::is_regular_file(entry->path(), error))
      files.insert(entry->path());
  }
}

/// The files that belong to a model, or to weights, at `path`.
std::set<fs::path> filesOf(const fs::path &path) {
  std::error_code error;
  bool isFolder = fs::is_directory(path, error);
  bool isGguf = path.extension() == ".gguf";
  std::string stem = isGguf ? stemOfParts(path.filename().string()) : "";
  std::set<fs::path> files;
  if (!isFolder)
    files.insert(path);
  const bool isAlone = isGguf ? stem.empty() : !isFolder && !isModelFile(path);
  if (isAlone)
    return files;
  fs::directory_iterator entry(isFolder ? path : path.parent_path(), error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    bool belongs = isGguf ? stemOfParts(name) == stem : isModelFile(entry->path());
    if (isFolder && entry->is_directory(error))
      addShards(entry->path(), files);
    if (belongs && fs::is_regular_file(entry->path(), error))
      files.insert(entry->path());
  }
  return files;
}

Expected<Json> describeFile(const fs::path &path) {
  constexpr std::streamsize kHead = 64 << 10;
  std::vector<char> head(kHead);
  std::ifstream in(path, std::ios::binary);
  in.read(head.data(), kHead);
  struct stat info = {};
  if (!in.is_open() || in.bad() || ::stat(path.c_str(), &info) != 0)
    return badInput(path.string() + ": cannot be read");
  head.resize(static_cast<size_t>(in.gcount()));
  return Json{{"path", path.string()},
              {"bytes", info.st_size},
              {"modified_ns", int64_t(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec},
              {"inode", info.st_ino},
              {"head", hexText(hashBytes(std::as_bytes(std::span(head))), 16)}};
}

Expected<Json> describeFiles(const fs::path &path) {
  Json list = Json::array();
  for (const fs::path &file : filesOf(path)) {
    GRAPHC_ASSIGN_OR_RETURN(Json entry, describeFile(file));
    list.push_back(std::move(entry));
  }
  return list;
}

} // namespace

CacheKey::CacheKey(const Json &document)
    : manifest(jsonText(document)),
      digits(hexText(hashBytes(std::as_bytes(std::span(manifest))), 16)) {}

Expected<CacheKey> CacheKey::of(const std::string &model, std::span<const std::string> options,
                                const std::string &weights, const std::string &compiler) {
  std::error_code error;
  fs::path path = fs::canonical(model, error);
  if (error)
    return badInput(model + ": " + error.message());
  GRAPHC_ASSIGN_OR_RETURN(Json files, describeFiles(path));
  Json document = {{"schema", 1},
                   {"model", path.string()},
                   {"files", std::move(files)},
                   {"options", options},
                   {"compiler", compiler},
                   {"architecture", hostArchitecture()},
                   {"features", CpuFeatures::host().names()}};
  if (!weights.empty()) {
    fs::path place = fs::canonical(weights, error);
    if (error)
      return badInput(weights + ": " + error.message());
    GRAPHC_ASSIGN_OR_RETURN(document["weights"], describeFiles(place));
  }
  return CacheKey(document);
}

} // namespace graphc
