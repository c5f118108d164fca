// Which libraries graphc was built with and finds.
#ifndef GRAPHC_TOOLS_DOCTOR_LIBRARIES_H
#define GRAPHC_TOOLS_DOCTOR_LIBRARIES_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

struct LibraryVersion {
  std::string name, version;

  bool operator==(const LibraryVersion &) const = default;
};

/// What the program itself is made of.
std::vector<LibraryVersion> runtimeVersions();

/// oneDNN, if the system's loader finds one that graphc could use.
std::optional<LibraryVersion> oneDnnVersion();

/// Lines "name version" as libgraphc-compiler.so tells its parts.
std::vector<LibraryVersion> parseVersions(std::string_view lines);

} // namespace graphc

#endif // GRAPHC_TOOLS_DOCTOR_LIBRARIES_H
