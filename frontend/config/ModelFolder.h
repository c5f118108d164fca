// Where the files of a model are.
#ifndef GRAPHC_FRONTEND_CONFIG_MODELFOLDER_H
#define GRAPHC_FRONTEND_CONFIG_MODELFOLDER_H

#include "runtime/base/Json.h"

#include <string>

namespace graphc {

/// Configurations are small and flat.
inline constexpr JsonLimits kConfigLimits = {.maxBytes = size_t(16) << 20, .maxDepth = 32};

/// The folder of a model that is given as a folder or as one of its files.
std::string modelFolder(const std::string &path);

/// The path of file `name` in that folder.
std::string modelFile(const std::string &path, const std::string &name);

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_MODELFOLDER_H
