#include "tools/cache/PlanCache.h"

#include "runtime/base/CheckedMath.h"
#include "runtime/base/Escape.h"
#include "runtime/plan/OutputFile.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace graphc {

static constexpr char kPlan[] = ".gcplan", kKey[] = ".key", kLock[] = ".lock";
static constexpr uint64_t kUsualLimit = 64'000'000'000;

std::optional<fs::path> PlanCache::usualFolder() {
  // A path that is not absolute is to be ignored, says the XDG specification.
  const char *cache = std::getenv("XDG_CACHE_HOME");
  if (cache && fs::path(cache).is_absolute())
    return fs::path(cache) / "graphc";
  const char *home = std::getenv("HOME");
  if (home && fs::path(home).is_absolute())
    return fs::path(home) / ".cache" / "graphc";
  return std::nullopt;
}

Expected<uint64_t> PlanCache::limit() {
  const char *variable = std::getenv("GRAPHC_CACHE_LIMIT");
  if (!variable || !*variable)
    return kUsualLimit;
  std::string_view text = variable;
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  uint64_t factor = 1;
  size_t power = std::string_view("KMGT").find(unit.empty() ? ' ' : unit[0]);
  for (size_t i = 0; power != std::string_view::npos && i <= power; ++i)
    factor *= 1000;
  std::optional<uint64_t> bytes = checkedMul(number, factor);
  bool known = unit.empty() || (unit.size() == 1 && power != std::string_view::npos);
  if (error != std::errc() || !known || !bytes)
    return usageError("GRAPHC_CACHE_LIMIT: expected a number of bytes as in 500M or 20G but got '" +
                      escapeForMessage(text) + "'");
  return *bytes;
}

Expected<PlanCache> PlanCache::open(const fs::path &folder) {
  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  ::mkdir(folder.c_str(), 0700);
  struct stat info = {};
  if (::stat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) ||
      ::access(folder.c_str(), W_OK | X_OK) != 0)
    return resourceError(folder.string() + ": the cache cannot be written to");
  if (info.st_uid != ::geteuid() || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return usageError(folder.string() + ": others may write to the cache, and plans are programs; "
                                        "take their right away, or let XDG_CACHE_HOME name another "
                                        "folder");
  return PlanCache(folder);
}

fs::path PlanCache::file(const std::string &name, const char *extension) const {
  return folder / (name + extension);
}

std::string PlanCache::planPath(const std::string &name) const {
  return file(name, kPlan).string();
}

/// The whole of a small file; empty when it cannot be read.
static std::string contentsOf(const fs::path &path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored))
    return "";
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool PlanCache::holds(const CacheKey &key) const {
  return contentsOf(file(key.name(), kKey)) == key.text();
}

void PlanCache::touch(const std::string &name) const {
  ::utimensat(AT_FDCWD, file(name, kKey).c_str(), nullptr, 0);
}

Expected<FileLock> PlanCache::lock(const std::string &name,
                                   const std::function<void()> &onWait) const {
  return FileLock::take(file(name, kLock).string(), onWait);
}

Status PlanCache::complete(const CacheKey &key) const {
  return writeOutputFile(file(key.name(), kKey).string(), key.text());
}

std::vector<PlanCache::Entry> PlanCache::entries() const {
  std::vector<Entry> result;
  std::error_code error;
  fs::directory_iterator item(folder, error);
  for (; !error && item != fs::directory_iterator(); item.increment(error)) {
    struct stat key = {}, plan = {};
    Entry entry;
    entry.name = item->path().stem().string();
    if (item->path().extension() != kKey || ::stat(item->path().c_str(), &key) != 0 ||
        ::stat(planPath(entry.name).c_str(), &plan) != 0)
      continue;
    entry.key = Json::parse(contentsOf(item->path()), nullptr, /*allow_exceptions=*/false);
    if (!entry.key.is_object())
      entry.key = nullptr;
    entry.bytes = static_cast<uint64_t>(plan.st_size);
    entry.lastUsed = key.st_mtime;
    result.push_back(std::move(entry));
  }
  std::sort(result.begin(), result.end(), [](const Entry &a, const Entry &b) {
    return std::pair(a.lastUsed, a.name) < std::pair(b.lastUsed, b.name);
  });
  return result;
}

/// The key first: what has none is no entry.
void PlanCache::remove(const std::string &name) const {
  std::error_code ignored;
  fs::remove(file(name, kKey), ignored);
  fs::remove(file(name, kPlan), ignored);
}

void PlanCache::shrink(uint64_t limit, const std::string &keep) const {
  std::vector<Entry> all = entries();
  uint64_t total = 0;
  for (const Entry &entry : all)
    total += entry.bytes;
  for (const Entry &entry : all) {
    if (total <= limit)
      return;
    if (entry.name == keep)
      continue;
    remove(entry.name);
    total -= entry.bytes;
  }
}

uint64_t PlanCache::clear() const {
  std::set<std::string> names;
  std::error_code error;
  fs::directory_iterator item(folder, error);
  for (; !error && item != fs::directory_iterator(); item.increment(error)) {
    std::string extension = item->path().extension().string();
    if (extension == kPlan || extension == kKey || extension == kLock)
      names.insert(item->path().stem().string());
  }
  uint64_t freed = 0;
  for (const std::string &name : names) {
    std::optional<FileLock> own = FileLock::tryTake(file(name, kLock).string());
    if (!own)
      continue;
    uintmax_t bytes = fs::file_size(planPath(name), error);
    freed += error ? 0 : bytes;
    remove(name);
  }
  return freed;
}

} // namespace graphc
