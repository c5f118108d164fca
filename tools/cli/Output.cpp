#include "tools/cli/Output.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <unistd.h>

namespace graphc {

static bool stdoutClosed = false;

/// Writes all of a text; errno of the failure, or 0.
static int writeAll(int file, std::string_view text) {
  while (!text.empty()) {
    ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errno;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

Status writeOut(std::string_view text) {
  int error = writeAll(STDOUT_FILENO, text);
  if (error == EPIPE) {
    stdoutClosed = true;
    return {StatusCode::Interrupted, "the reader of the output has gone"};
  }
  return error ? resourceError(std::string("cannot write the result: ") + std::strerror(error))
               : Status();
}

bool outputClosed() { return stdoutClosed; }

void writeNote(std::string_view text) { writeError("graphc: " + std::string(text) + "\n"); }

void writeError(std::string_view text) { writeAll(STDERR_FILENO, text); }

std::string numberText(double value, int digits) {
  char text[400]; // the largest double has 309 digits
  auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::fixed, digits);
  return {text, end.ptr};
}

} // namespace graphc
