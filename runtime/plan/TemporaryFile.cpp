#include "runtime/plan/TemporaryFile.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace fs = std::filesystem;

namespace graphc {

static constexpr char kMarker[] = ".gcplan-tmp-";

static fs::path folderOf(const std::string &path) {
  fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

Expected<std::string> resolveTarget(const std::string &path) {
  std::error_code error;
  if (path.empty())
    return usageError("the name of the file to write is empty");
  fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status))
    return usageError(path + ": exists and is not a regular file");
  if (!fs::is_directory(folderOf(path), error))
    return usageError(path + ": the folder " + folderOf(path).string() + " does not exist");
  if (!fs::exists(status))
    return path;
  fs::path real = fs::canonical(path, error);
  return error ? path : real.string();
}

enum class Lock { Taken, Busy, Unsupported };

/// Takes the lock of a file that is still reachable under its name. Busy when somebody else has it,
/// or has just removed the file.
static Lock lockWhileLinked(int file) {
  if (::flock(file, LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK || errno == EINTR ? Lock::Busy : Lock::Unsupported;
  struct stat info = {};
  return ::fstat(file, &info) == 0 && info.st_nlink > 0 ? Lock::Taken : Lock::Busy;
}

static void removeIfStale(const fs::path &path) {
  int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0)
    return;
  if (lockWhileLinked(file) == Lock::Taken)
    ::unlink(path.c_str());
  ::close(file);
}

static void removeStaleFiles(const fs::path &folder) {
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (name.starts_with('.') && name.find(kMarker) != std::string::npos)
      removeIfStale(entry->path());
  }
}

static std::string randomSuffix() {
  static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::random_device device;
  std::string result;
  for (int i = 0; i < 12; ++i)
    result += kLetters[device() & 31];
  return result;
}

Expected<TemporaryFile> createTemporaryBeside(const std::string &target) {
  fs::path folder = folderOf(target);
  removeStaleFiles(folder);
  constexpr size_t kNamePart = 64; // keeps the whole within what a file system accepts
  std::string name = fs::path(target).filename().string().substr(0, kNamePart);
  // A name taken, or a file that another process took for a stale one before it was locked: retry.
  constexpr int kAttempts = 100;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    fs::path path = folder / ("." + name + kMarker + randomSuffix());
    int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0 && errno != EEXIST && errno != EINTR)
      return resourceError(target + ": cannot create a file in " + folder.string() + ": " +
                           std::strerror(errno));
    if (file < 0)
      continue;
    // A file system without locks cannot mix up two writers either: it just keeps stale files.
    if (lockWhileLinked(file) != Lock::Busy)
      return TemporaryFile{path.string(), file};
    ::close(file);
  }
  return resourceError(target + ": cannot create a temporary file in " + folder.string());
}

void syncFolderOf(const std::string &path) {
  int folder = ::open(folderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return;
  ::fsync(folder);
  ::close(folder);
}

} // namespace graphc
