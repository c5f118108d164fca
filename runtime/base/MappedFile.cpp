#include "runtime/base/MappedFile.h"

#include "runtime/base/MappedFileGuard.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace graphc {

MappedFile::MappedFile(MappedFile &&other) noexcept { *this = std::move(other); }

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept {
  std::swap(data, other.data);
  std::swap(size, other.size);
  std::swap(file, other.file);
  std::swap(name, other.name);
  return *this;
}

MappedFile::~MappedFile() {
  if (!data)
    return;
  detail::unguardRange(data);
  ::munmap(const_cast<std::byte *>(data), size);
  ::close(file);
}

Expected<MappedFile> MappedFile::open(const std::string &path) {
  // A pipe would wait for its writer, which is not a regular file either.
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    std::string message = path + ": " + std::strerror(errno);
    bool isShort = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
    return isShort ? resourceError(message) : badInput(message);
  }
  struct stat info = {};
  if (::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(file);
    return badInput(path + ": not a regular file");
  }
  if (info.st_size == 0) {
    ::close(file);
    return badInput(path + ": the file is empty");
  }
  size_t length = static_cast<size_t>(info.st_size);
  void *address = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, file, 0);
  if (address == MAP_FAILED) {
    int error = errno;
    ::close(file);
    return resourceError(path + ": cannot be mapped: " + std::strerror(error));
  }
  // Where the system keeps files in huge pages, a model's weights are there in a few hundred of
  // them instead of a few hundred thousand small ones. A hint.
  ::madvise(address, length, MADV_HUGEPAGE);
  MappedFile result;
  result.data = static_cast<const std::byte *>(address);
  result.size = length;
  result.file = file;
  result.name = path;
  detail::guardRange(result.data, length, path);
  return result;
}

Status MappedFile::read(size_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t count = ::pread(file, out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return badInput(name + ": cannot be read: " + std::strerror(errno));
    if (count == 0)
      return badInput(name + ": the file was cut short while it was in use");
    offset += static_cast<size_t>(count);
    out = out.subspan(static_cast<size_t>(count));
  }
  return {};
}

void MappedFile::release(size_t offset, size_t length) const {
  size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  size_t begin = (offset + page - 1) / page * page;
  size_t end = (offset + length) / page * page;
  if (begin < end)
    ::madvise(const_cast<std::byte *>(data) + begin, end - begin, MADV_DONTNEED);
}

} // namespace graphc
