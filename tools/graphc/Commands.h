// The commands of graphc that need no compiler.
#ifndef GRAPHC_TOOLS_GRAPHC_COMMANDS_H
#define GRAPHC_TOOLS_GRAPHC_COMMANDS_H

#include "runtime/base/Status.h"

namespace graphc {

// Each takes its own name as argv[0] and what followed it on the command line. The status' code is
// the exit code; main prints the message.

/// Generates text, or computes results, with a plan.
Status runCommand(int argc, const char *const *argv);

/// Talks with a model.
Status chatCommand(int argc, const char *const *argv);

/// Says how likely a plan's network finds a text.
Status perplexityCommand(int argc, const char *const *argv);

/// Says which tokens a text is, and which text tokens are.
Status tokenizeCommand(int argc, const char *const *argv);

/// Says what a chat template makes of a conversation.
Status templateCommand(int argc, const char *const *argv);

/// Lists or removes the plans of the cache.
Status cacheCommand(int argc, const char *const *argv);

/// Measures how fast a plan runs.
Status benchCommand(int argc, const char *const *argv);

/// Says what is in a plan.
Status inspectCommand(int argc, const char *const *argv);

/// Says what the machine is and what it can do.
Status doctorCommand(int argc, const char *const *argv);

/// Says what this program is.
Status versionCommand(int argc, const char *const *argv);

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_COMMANDS_H
