// A lock between processes.
#ifndef GRAPHC_TOOLS_CACHE_FILELOCK_H
#define GRAPHC_TOOLS_CACHE_FILELOCK_H

#include "runtime/base/Status.h"

#include <functional>
#include <optional>
#include <string>

namespace graphc {

/// Held by one process at a time; given up when the object, or the process, ends. The file is made
/// for it, and removed with it. On file systems that have no locks everybody holds it.
class FileLock {
public:
  FileLock(FileLock &&other) noexcept;
  FileLock &operator=(FileLock &&) = delete;
  ~FileLock();

  /// Waits for the lock; says so by `onWait`, once, if somebody else holds it. Resources when the
  /// file cannot be made.
  static Expected<FileLock> take(const std::string &path, const std::function<void()> &onWait);

  /// The lock, unless somebody else holds it or the file cannot be made.
  static std::optional<FileLock> tryTake(const std::string &path);

private:
  FileLock(std::string path, int file) : path(std::move(path)), file(file) {}

  std::string path;
  int file; ///< -1 once it was moved from.
};

} // namespace graphc

#endif // GRAPHC_TOOLS_CACHE_FILELOCK_H
