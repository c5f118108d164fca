#include "codegen/lowering/Linker.h"

#include "lld/Common/Driver.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

namespace graphc {

namespace {

/// A file in memory that has a path.
class MemoryFile {
public:
  explicit MemoryFile(const char *name) : file(::memfd_create(name, MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (file >= 0)
      ::close(file);
  }
  MemoryFile(const MemoryFile &) = delete;
  MemoryFile &operator=(const MemoryFile &) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(file); }

  Status write(std::span<const char> bytes) const {
    while (!bytes.empty()) {
      ssize_t written = ::write(file, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return resourceError(std::string("cannot write an object to memory: ") +
                             std::strerror(errno));
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
    return {};
  }

private:
  int file;
};

/// A file name in the temporary folder that is removed in the end. lld writes its output by
/// renaming, which a memory file does not allow.
class TemporaryPath {
public:
  TemporaryPath() {
    const char *asked = std::getenv("TMPDIR");
    folder = asked && *asked ? asked : "/tmp";
    name = folder + "/graphc-link-XXXXXX";
    file = ::mkstemp(name.data());
  }
  ~TemporaryPath() {
    if (file >= 0) {
      ::close(file);
      ::unlink(name.c_str());
    }
  }
  TemporaryPath(const TemporaryPath &) = delete;
  TemporaryPath &operator=(const TemporaryPath &) = delete;

  bool ok() const { return file >= 0; }
  const std::string &path() const { return name; }

  /// lld writes through a mapping, which a full disk ends with a signal: not begun where there is
  /// no room for it.
  Status checkRoom(size_t bytes) const {
    struct statvfs disk = {};
    if (::fstatvfs(file, &disk) != 0 || bytes / disk.f_frsize < disk.f_bavail)
      return {};
    return resourceError("linking the kernels needs " + std::to_string(bytes) + " bytes in " +
                         folder + ", which has " + std::to_string(disk.f_bavail * disk.f_frsize) +
                         " left; let TMPDIR name another folder");
  }

private:
  std::string folder, name;
  int file = -1;
};

Expected<std::vector<std::byte>> readWhole(const std::string &path) {
  std::vector<std::byte> bytes;
  FILE *in = std::fopen(path.c_str(), "rb");
  if (!in)
    return resourceError(path + ": " + std::strerror(errno));
  char buffer[65536];
  while (size_t count = std::fread(buffer, 1, sizeof(buffer), in)) {
    const auto *start = reinterpret_cast<const std::byte *>(buffer);
    bytes.insert(bytes.end(), start, start + count);
  }
  std::fclose(in);
  return bytes;
}

} // namespace

Expected<std::vector<std::byte>>
linkSharedObject(std::span<const llvm::SmallVector<char, 0>> objects) {
  static std::mutex oneAtATime;
  std::lock_guard lock(oneAtATime);
  TemporaryPath output;
  if (!output.ok())
    return resourceError("cannot create a temporary file " + output.path() + ": " +
                         std::strerror(errno));
  std::vector<const char *> arguments = {
      "ld.lld",      "-shared", "--hash-style=gnu",   "-z", "now", "-z", "defs", "--build-id=none",
      "--threads=1", "-o",      output.path().c_str()};
  size_t bytes = size_t(1) << 20; // Of tables, beside the code itself.
  for (std::span<const char> object : objects)
    bytes += object.size();
  GRAPHC_RETURN_IF_ERROR(output.checkRoom(bytes));
  std::deque<MemoryFile> inputs;
  std::deque<std::string> paths;
  for (std::span<const char> object : objects) {
    GRAPHC_RETURN_IF_ERROR(inputs.emplace_back("graphc-kernels.o").write(object));
    arguments.push_back(paths.emplace_back(inputs.back().path()).c_str());
  }
  lld::DriverDef drivers[] = {{lld::Gnu, &lld::elf::link}};
  std::string messages;
  llvm::raw_string_ostream log(messages);
  lld::Result result = lld::lldMain(arguments, log, log, drivers);
  if (result.retCode != 0)
    return internalError("the kernels do not link: " + messages);
  return readWhole(output.path());
}

} // namespace graphc
