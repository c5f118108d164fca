// The folder of cached plans.
#ifndef GRAPHC_TOOLS_CACHE_PLANCACHE_H
#define GRAPHC_TOOLS_CACHE_PLANCACHE_H

#include "runtime/base/Status.h"
#include "tools/cache/CacheKey.h"
#include "tools/cache/FileLock.h"

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace graphc {

/// An entry is two files, <name>.gcplan and <name>.key, the text of its CacheKey. The second is
/// written when the first is complete, and its time is when the entry was last used. Entries may go
/// at any time; whoever has one open keeps what was mapped.
class PlanCache {
public:
  struct Entry {
    std::string name;
    Json key; ///< null when it is damaged.
    uint64_t bytes = 0;
    std::time_t lastUsed = 0;
  };

  /// $XDG_CACHE_HOME/graphc, else $HOME/.cache/graphc; nothing when neither is set.
  static std::optional<std::filesystem::path> usualFolder();

  /// Bytes that entries may take: GRAPHC_CACHE_LIMIT ("500M", "20G", a number; 0: keep nothing),
  /// else 64 GB. Usage for other texts.
  static Expected<uint64_t> limit();

  /// Makes the folder if it is absent. Plans are programs: Usage when others may write to it.
  /// Resources when it cannot be made or written to.
  static Expected<PlanCache> open(const std::filesystem::path &folder);

  std::string planPath(const std::string &name) const;

  /// Is there a complete entry of exactly this key?
  bool holds(const CacheKey &key) const;
  /// Notes that it is used now.
  void touch(const std::string &name) const;
  /// Waits until nobody else makes this entry.
  Expected<FileLock> lock(const std::string &name, const std::function<void()> &onWait) const;
  /// Completes an entry whose plan is in its place. To be called with its lock.
  Status complete(const CacheKey &key) const;

  /// All complete entries, the one used longest ago first.
  std::vector<Entry> entries() const;
  /// Removes entries, the one used longest ago first, until they take no more than `limit`; never
  /// `keep`.
  void shrink(uint64_t limit, const std::string &keep) const;
  /// Removes everything that is not being made right now; the bytes that were freed.
  uint64_t clear() const;

private:
  explicit PlanCache(std::filesystem::path folder) : folder(std::move(folder)) {}

  std::filesystem::path file(const std::string &name, const char *extension) const;
  void remove(const std::string &name) const;

  std::filesystem::path folder;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_CACHE_PLANCACHE_H
