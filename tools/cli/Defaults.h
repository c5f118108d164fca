// What commands and the compiler agree on.
#ifndef GRAPHC_TOOLS_CLI_DEFAULTS_H
#define GRAPHC_TOOLS_CLI_DEFAULTS_H

#include <cstdint>

namespace graphc {

/// Context of a plan when neither the user nor the model says less.
inline constexpr int64_t kDefaultContext = 8192;

} // namespace graphc

#endif // GRAPHC_TOOLS_CLI_DEFAULTS_H
