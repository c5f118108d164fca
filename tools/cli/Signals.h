// Signals: a clean end instead of a sudden one.
#ifndef GRAPHC_TOOLS_CLI_SIGNALS_H
#define GRAPHC_TOOLS_CLI_SIGNALS_H

#include <atomic>

namespace graphc {

/// From now on the first SIGINT or SIGTERM sets the flag that is returned, the second one ends the
/// process; a write to a closed pipe fails instead of killing.
const std::atomic<bool> &installSignalHandlers();

} // namespace graphc

#endif // GRAPHC_TOOLS_CLI_SIGNALS_H
