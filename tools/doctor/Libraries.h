// Which libraries graphc was built with and finds.
#ifndef GRAPHC_TOOLS_DOCTOR_LIBRARIES_H
#define GRAPHC_TOOLS_DOCTOR_LIBRARIES_H

#include "runtime/base/Status.h"

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

/// The library that computes the products of plans which ask for another's than graphc's: the one
/// that the provider of products links, of several that a system may have. PlanMismatch when the
/// provider cannot be loaded.
Expected<LibraryVersion> productLibraryVersion();

/// Lines "name version" as libgraphc-compiler.so tells its parts.
std::vector<LibraryVersion> parseVersions(std::string_view lines);

} // namespace graphc

#endif // GRAPHC_TOOLS_DOCTOR_LIBRARIES_H
