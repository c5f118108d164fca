#include "tools/cache/FileLock.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace graphc {

static int openLockFile(const std::string &path) {
  return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

enum class Outcome { Held, Busy, Removed };

/// A lock counts only while its file is still there under its name: who had it before removes it.
static Outcome lock(int file, bool wait) {
  int result;
  do {
    result = ::flock(file, LOCK_EX | (wait ? 0 : LOCK_NB));
  } while (result != 0 && errno == EINTR);
  if (result != 0 && errno == EWOULDBLOCK)
    return Outcome::Busy;
  struct stat info = {};
  return ::fstat(file, &info) == 0 && info.st_nlink > 0 ? Outcome::Held : Outcome::Removed;
}

FileLock::FileLock(FileLock &&other) noexcept
    : path(std::move(other.path)), file(std::exchange(other.file, -1)) {}

FileLock::~FileLock() {
  if (file < 0)
    return;
  ::unlink(path.c_str());
  ::close(file);
}

Expected<FileLock> FileLock::take(const std::string &path, const std::function<void()> &onWait) {
  for (bool told = false;;) {
    int file = openLockFile(path);
    if (file < 0)
      return resourceError(path + ": cannot be opened: " + std::strerror(errno));
    Outcome outcome = lock(file, /*wait=*/false);
    if (outcome == Outcome::Busy) {
      if (!std::exchange(told, true))
        onWait();
      outcome = lock(file, /*wait=*/true);
    }
    if (outcome == Outcome::Held)
      return FileLock(path, file);
    ::close(file);
  }
}

std::optional<FileLock> FileLock::tryTake(const std::string &path) {
  int file = openLockFile(path);
  if (file < 0)
    return std::nullopt;
  if (lock(file, /*wait=*/false) == Outcome::Held)
    return FileLock(path, file);
  ::close(file);
  return std::nullopt;
}

} // namespace graphc
