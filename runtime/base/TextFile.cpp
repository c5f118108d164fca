#include "runtime/base/TextFile.h"

#include "runtime/base/MappedFile.h"

#include <algorithm>

namespace graphc {

Expected<std::string> readTextFile(const std::string &path, size_t maxBytes) {
  GRAPHC_ASSIGN_OR_RETURN(MappedFile file, MappedFile::open(path));
  if (file.bytes().size() > maxBytes)
    return badInput(path + ": " + std::to_string(file.bytes().size()) + " bytes, at most " +
                    std::to_string(maxBytes) + " are accepted");
  return std::string(reinterpret_cast<const char *>(file.bytes().data()), file.bytes().size());
}

std::string describeForeignContent(std::string_view bytes) {
  if (bytes.starts_with("version https://git-lfs"))
    return "this is a Git LFS pointer, not the file itself; run 'git lfs pull' in the model's "
           "folder";
  size_t start = bytes.find_first_not_of(" \t\r\n");
  std::string_view head = start == std::string_view::npos ? "" : bytes.substr(start, 16);
  auto startsWith = [&](std::string_view tag) {
    return head.size() >= tag.size() &&
           std::equal(tag.begin(), tag.end(), head.begin(),
                      [](char a, char b) { return a == (b | ((b >= 'A' && b <= 'Z') ? 32 : 0)); });
  };
  if (startsWith("<!doctype html") || startsWith("<html"))
    return "this is an HTML page, not the file itself; the download went wrong";
  return "";
}

} // namespace graphc
