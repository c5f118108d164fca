#include "runtime/base/Cgroup.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace fs = std::filesystem;

namespace graphc {

std::string readSmallFile(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The group's path below the mount point, from the line "0::/path" of /proc/self/cgroup.
static std::string groupOfThisProcess(const std::string &root) {
  std::string text = readSmallFile((fs::path(root) / "proc/self/cgroup").string());
  size_t start = text.rfind("0::/", 0) == 0 ? 0 : text.find("\n0::/");
  if (start == std::string::npos)
    return "";
  start = text.find("::/", start) + 3;
  return text.substr(start, text.find('\n', start) - start);
}

std::vector<std::string> readCgroupFiles(std::string_view file, const std::string &root) {
  std::string mount = (fs::path(root) / "sys/fs/cgroup").string();
  std::string group =
      (fs::path(mount + "/" + groupOfThisProcess(root))).lexically_normal().string();
  // A container may see a group above its own mount point ("0::/../x"): then only the mount counts.
  if (!group.starts_with(mount + "/"))
    group = mount;
  std::vector<std::string> result;
  while (group.size() >= mount.size()) {
    while (group.ends_with('/'))
      group.pop_back();
    std::string text = readSmallFile(group + "/" + std::string(file));
    if (!text.empty())
      result.push_back(std::move(text));
    group.resize(group.rfind('/'));
  }
  return result;
}

} // namespace graphc
