#include "frontend/config/ModelFolder.h"

#include <filesystem>

namespace graphc {

namespace fs = std::filesystem;

std::string modelFolder(const std::string &path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return path;
  std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

std::string modelFile(const std::string &path, const std::string &name) {
  return (fs::path(modelFolder(path)) / name).string();
}

} // namespace graphc
