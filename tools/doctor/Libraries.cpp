#include "tools/doctor/Libraries.h"

#include "runtime/base/Json.h"
#include "runtime/base/Version.h"
#include "runtime/exec/ProductLibrary.h"
#include "runtime/plan/PlanFormat.h"

#include <CLI/Version.hpp>
#include <algorithm>
#include <gnu/libc-version.h>
#include <xxhash.h>

namespace graphc {

static std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

/// "name version"; a name may have blanks.
static LibraryVersion split(std::string_view text) {
  size_t blank = text.rfind(' ');
  return {std::string(text.substr(0, blank)), std::string(text.substr(blank + 1))};
}

std::vector<LibraryVersion> runtimeVersions() {
  std::vector<LibraryVersion> result;
  result.push_back(split(graphcId()));
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

Expected<LibraryVersion> productLibraryVersion() {
  GRAPHC_ASSIGN_OR_RETURN(const ProductProvider *provider, loadProductProvider(kOneDnnProvider));
  return split(provider->version());
}

std::vector<LibraryVersion> parseVersions(std::string_view lines) {
  std::vector<LibraryVersion> result;
  while (!lines.empty()) {
    size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.find(' ') != std::string_view::npos)
      result.push_back(split(line));
  }
  return result;
}

} // namespace graphc
