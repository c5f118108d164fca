// Suggestions for a name that is not known.
#ifndef GRAPHC_FRONTEND_CONFIG_NEARESTNAME_H
#define GRAPHC_FRONTEND_CONFIG_NEARESTNAME_H

#include <span>
#include <string>
#include <string_view>

namespace graphc {

/// The `count` candidates nearest to `name` by edit distance, letter case ignored, nearest first:
/// "'silu', 'relu'".
std::string nearestNames(std::string_view name, std::span<const std::string_view> candidates,
                         size_t count = 3);

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_NEARESTNAME_H
