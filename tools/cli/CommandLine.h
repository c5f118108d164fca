// What the flag parser's failures look like: exit code 2 and a hint, whatever the command.
#ifndef GRAPHC_TOOLS_CLI_COMMANDLINE_H
#define GRAPHC_TOOLS_CLI_COMMANDLINE_H

#include "runtime/base/Status.h"

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <string_view>

namespace graphc {

/// The candidate closest to `word` by edits (insert, delete, replace, swap of neighbours), or empty
/// when none is close enough to be meant.
std::string nearestName(std::string_view word, std::span<const std::string> candidates);

/// Parses the arguments behind the command's name (argv[0]). Ok when the command is to run. When
/// the user asked for help it is printed, and `helpShown` becomes true. Usage, with the nearest
/// flag for an unknown one, when the parser refuses.
Status parseFlags(CLI::App &app, int argc, const char *const *argv, bool &helpShown);

} // namespace graphc

#endif // GRAPHC_TOOLS_CLI_COMMANDLINE_H
