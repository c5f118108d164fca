#include "frontend/weights/SourceDigest.h"

#include "runtime/base/MappedFile.h"

#include <cerrno>
#include <cstring>
#include <sys/stat.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace graphc {

Expected<SourceDigest> digestSource(const std::string &path, std::span<const std::byte> header) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0)
    return badInput(path + ": " + std::strerror(errno));
  SourceDigest result;
  result.path = path;
  result.size = static_cast<uint64_t>(info.st_size);
  result.modified = int64_t(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
  result.headerHash = XXH3_64bits(header.data(), header.size());
  return result;
}

Expected<SourceDigest> digestSource(const std::string &path) {
  GRAPHC_ASSIGN_OR_RETURN(MappedFile file, MappedFile::open(path));
  return digestSource(path, file.bytes());
}

} // namespace graphc
