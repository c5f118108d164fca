// Where a command's words go: the result to stdout, all else to stderr.
#ifndef GRAPHC_TOOLS_CLI_OUTPUT_H
#define GRAPHC_TOOLS_CLI_OUTPUT_H

#include "runtime/base/Status.h"

#include <string>
#include <string_view>

namespace graphc {

/// Writes to stdout at once. When its reader has gone (`| head`) the status is Interrupted and
/// outputClosed() is true from then on; other failures (disk full) are Resources.
Status writeOut(std::string_view text);

/// True after a reader of stdout has gone. The command then ends quietly and successfully.
bool outputClosed();

/// Writes a line to stderr: "graphc: text".
void writeNote(std::string_view text);

/// Writes to stderr as it is.
void writeError(std::string_view text);

/// A number with so many digits behind the point; never with a decimal comma.
std::string numberText(double value, int digits);

} // namespace graphc

#endif // GRAPHC_TOOLS_CLI_OUTPUT_H
