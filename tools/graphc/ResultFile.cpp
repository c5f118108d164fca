#include "tools/graphc/ResultFile.h"

#include "runtime/base/TextList.h"

#include <cerrno>
#include <cstring>

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

Status ResultFile::copyPart(Part &part, OutputFile &out) const {
  if (!part.file)
    return {};
  if (std::fseek(part.file.get(), 0, SEEK_SET) != 0) // flushes, too
    return systemError("write to a temporary file");
  std::vector<char> buffer(1 << 20);
  while (size_t got = std::fread(buffer.data(), 1, buffer.size(), part.file.get()))
    GRAPHC_RETURN_IF_ERROR(out.write({buffer.data(), got}));
  return std::ferror(part.file.get()) ? systemError("read the results back") : Status();
}

Status ResultFile::writeAll(OutputFile &out) {
  int64_t rows = 0;
  for (const Part &part : parts)
    rows += part.rows;
  GRAPHC_RETURN_IF_ERROR(
      out.write(npyHeader(shape.empty() ? std::vector<int64_t>{rows, width} : shape)));
  for (Part &part : parts)
    GRAPHC_RETURN_IF_ERROR(copyPart(part, out));
  return {};
}

Status ResultFile::finish() {
  GRAPHC_ASSIGN_OR_RETURN(OutputFile out, OutputFile::create(path));
  GRAPHC_RETURN_IF_ERROR(writeAll(out));
  return out.finish();
}

} // namespace graphc
