#include "tools/graphc/ResultFile.h"

#include "runtime/base/TextList.h"
#include "runtime/plan/TemporaryFile.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace graphc {

/// Magic, version 1.0, and a dictionary padded so that the data starts at a multiple of 64.
static std::string npyHeader(const std::vector<int64_t> &shape) {
  const std::string extents =
      listText(shape, [](int64_t extent) { return std::to_string(extent); });
  std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + extents + "), }";
  constexpr size_t kPrefix = 10, kAlignment = 64;
  while ((kPrefix + dictionary.size() + 1) % kAlignment != 0)
    dictionary += ' ';
  dictionary += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(dictionary.size() & 255);
  header += static_cast<char>(dictionary.size() >> 8);
  return header + dictionary;
}

Status ResultFile::systemError(const char *action) const {
  return resourceError(path + ": cannot " + action + ": " + std::strerror(errno));
}

Status ResultFile::append(size_t sequence, std::span<const float> rows) {
  Part &part = parts[sequence];
  if (!part.file)
    part.file.reset(std::tmpfile());
  if (!part.file)
    return systemError("create a temporary file");
  if (std::fwrite(rows.data(), sizeof(float), rows.size(), part.file.get()) != rows.size())
    return systemError("write to a temporary file");
  part.rows += std::ssize(rows) / width;
  return {};
}

Status ResultFile::copyPart(Part &part, std::FILE *out) const {
  if (!part.file)
    return {};
  if (std::fseek(part.file.get(), 0, SEEK_SET) != 0) // flushes, too
    return systemError("write to a temporary file");
  std::vector<char> buffer(1 << 20);
  while (size_t got = std::fread(buffer.data(), 1, buffer.size(), part.file.get())) {
    if (std::fwrite(buffer.data(), 1, got, out) != got)
      return systemError("write the results");
  }
  return std::ferror(part.file.get()) ? systemError("read the results back") : Status();
}

Status ResultFile::writeAll(std::FILE *out) {
  int64_t rows = 0;
  for (const Part &part : parts)
    rows += part.rows;
  std::string header = npyHeader(shape.empty() ? std::vector<int64_t>{rows, width} : shape);
  if (std::fwrite(header.data(), 1, header.size(), out) != header.size())
    return systemError("write the results");
  for (Part &part : parts)
    GRAPHC_RETURN_IF_ERROR(copyPart(part, out));
  return std::fflush(out) == 0 ? Status() : systemError("write the results");
}

Status ResultFile::finish() {
  GRAPHC_ASSIGN_OR_RETURN(std::string target, resolveTarget(path));
  GRAPHC_ASSIGN_OR_RETURN(TemporaryFile temporary, createTemporaryBeside(target));
  std::unique_ptr<std::FILE, Closer> out(::fdopen(temporary.file, "wb"));
  Status status = out ? writeAll(out.get()) : systemError("write the results");
  if (status.ok() && ::rename(temporary.path.c_str(), target.c_str()) != 0)
    status = systemError("rename the finished file");
  if (!status.ok())
    ::unlink(temporary.path.c_str());
  return status;
}

} // namespace graphc
