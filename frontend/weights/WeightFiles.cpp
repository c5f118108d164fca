#include "frontend/weights/WeightFiles.h"

#include "runtime/base/Escape.h"
#include "runtime/base/Json.h"

#include <algorithm>
#include <filesystem>

namespace graphc {

namespace fs = std::filesystem;

static constexpr const char *kSingleName = "model.safetensors";
static constexpr const char *kIndexName = "model.safetensors.index.json";
static constexpr JsonLimits kIndexLimits = {.maxBytes = 100'000'000, .maxDepth = 16};

static bool isThere(const fs::path &path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// Whether `path` is a descendant of `folder`; both canonical.
static bool isInside(const fs::path &path, const fs::path &folder) {
  auto [rest, end] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return rest == folder.end();
}

/// The folder to which the links of a Hugging Face cache's snapshot lead; empty elsewhere.
static fs::path cacheBlobs(const fs::path &folder) {
  fs::path parent = folder.parent_path();
  return parent.filename() == "snapshots" ? parent.parent_path() / "blobs" : fs::path();
}

/// The path of a shard named by the index, confined to the index's folder.
static Expected<std::string> confinedPath(const fs::path &folder, const std::string &name,
                                          const std::string &index) {
  std::string place = index + ": shard '" + escapeForMessage(name) + "' ";
  fs::path relative(name);
  bool climbs = std::find(relative.begin(), relative.end(), "..") != relative.end();
  if (name.empty() || name.find('\0') != std::string::npos || relative.is_absolute() || climbs)
    return badInput(place + "is not a path inside the model's folder");
  std::error_code error;
  fs::path root = fs::canonical(folder, error);
  fs::path target = error ? fs::path() : fs::canonical(root / relative, error);
  if (error)
    return badInput(place + "cannot be opened: " + error.message());
  fs::path blobs = cacheBlobs(root);
  if (!isInside(target, root) && (blobs.empty() || !isInside(target, blobs)))
    return badInput(place + "leads outside the model's folder, to " +
                    escapeForMessage(target.string()));
  return (folder / relative).string();
}

static Expected<WeightFiles> readIndex(const fs::path &index) {
  WeightFiles result;
  result.index = index.string();
  GRAPHC_ASSIGN_OR_RETURN(Json document, readJsonFile(result.index, kIndexLimits));
  auto found = document.is_object() ? document.find("weight_map") : document.end();
  if (!document.is_object() || found == document.end() || !found->is_object() || found->empty())
    return badInput(result.index +
                    ": 'weight_map', an object of tensor and file names, is missing");
  std::map<std::string, size_t> position;
  for (const auto &[tensor, file] : found->items()) {
    if (!file.is_string())
      return badInput(result.index + ": weight_map: '" + escapeForMessage(tensor) +
                      "': expected a file name");
    auto [entry, isNew] = position.try_emplace(file.get<std::string>(), result.paths.size());
    if (isNew) {
      GRAPHC_ASSIGN_OR_RETURN(std::string path,
                              confinedPath(index.parent_path(), entry->first, result.index));
      result.paths.push_back(std::move(path));
    }
    result.shardOf.emplace(tensor, entry->second);
  }
  return result;
}

/// The failure for a folder without safetensors: says what else there is.
static Status noWeights(const fs::path &folder) {
  std::string looked =
      folder.string() + ": no weights: neither " + kSingleName + " nor " + kIndexName + " is there";
  std::error_code error;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder, error)) {
    std::string extension = entry.path().extension().string();
    if (extension == ".bin" || extension == ".pt" || extension == ".pth" || extension == ".gguf")
      return unsupported(looked + "; files like " + entry.path().filename().string() +
                         " are not supported");
  }
  return badInput(looked + "; --random-weights compiles without");
}

Expected<WeightFiles> findWeightFiles(const std::string &path) {
  std::error_code ignored;
  if (path.ends_with(".safetensors"))
    return WeightFiles{{path}, {}, {}};
  if (path.ends_with(".index.json"))
    return readIndex(path);
  fs::path folder = fs::is_directory(path, ignored) ? fs::path(path) : fs::path(path).parent_path();
  if (folder.empty())
    folder = ".";
  if (isThere(folder / kSingleName))
    return WeightFiles{{(folder / kSingleName).string()}, {}, {}};
  if (isThere(folder / kIndexName))
    return readIndex(folder / kIndexName);
  return noWeights(folder);
}

} // namespace graphc
