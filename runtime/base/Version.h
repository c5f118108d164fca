// Which graphc this is.
#ifndef GRAPHC_RUNTIME_BASE_VERSION_H
#define GRAPHC_RUNTIME_BASE_VERSION_H

#include <string_view>

namespace graphc {

/// "graphc 0.1.0". Written into every plan; a plan runs only in the graphc that wrote it, because
/// the kernels and the executor share an ABI that changes with it.
std::string_view graphcId();

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_VERSION_H
