#include "tools/doctor/Libraries.h"

#include "runtime/base/Json.h"
#include "runtime/base/Version.h"
#include "runtime/plan/PlanFormat.h"

#include <CLI/Version.hpp>
#include <algorithm>
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <xxhash.h>

namespace graphc {

static std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

std::vector<LibraryVersion> runtimeVersions() {
  std::vector<LibraryVersion> result;
  std::string id(graphcId());
  size_t blank = id.rfind(' ');
  result.push_back({id.substr(0, blank), id.substr(blank + 1)});
  result.push_back({"plan format", std::to_string(kPlanFormatVersion)});
#if defined(__clang__)
  result.push_back({"built by clang", __clang_version__});
#else
  result.push_back({"built by gcc", __VERSION__});
#endif
  result.push_back({"glibc", ::gnu_get_libc_version()});
  result.push_back(
      {"nlohmann-json", dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                               NLOHMANN_JSON_VERSION_PATCH)});
  result.push_back({"CLI11", CLI11_VERSION});
  result.push_back({"xxHash", dotted(XXH_VERSION_MAJOR, XXH_VERSION_MINOR, XXH_VERSION_RELEASE)});
  return result;
}

std::optional<LibraryVersion> oneDnnVersion() {
  // The start of dnnl_version_t, the same in versions 2 and 3.
  struct Version {
    int major, minor, patch;
  };
  for (const char *name : {"libdnnl.so.3", "libdnnl.so.2"}) {
    void *handle = ::dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (!handle)
      continue;
    using VersionFn = const Version *();
    auto *function = reinterpret_cast<VersionFn *>(::dlsym(handle, "dnnl_version"));
    if (function) {
      const Version *version = function();
      return LibraryVersion{"oneDNN", dotted(version->major, version->minor, version->patch)};
    }
  }
  return std::nullopt;
}

std::vector<LibraryVersion> parseVersions(std::string_view lines) {
  std::vector<LibraryVersion> result;
  while (!lines.empty()) {
    size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    size_t blank = line.rfind(' ');
    if (blank != std::string_view::npos)
      result.push_back({std::string(line.substr(0, blank)), std::string(line.substr(blank + 1))});
  }
  return result;
}

} // namespace graphc
