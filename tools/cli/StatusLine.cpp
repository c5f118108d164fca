#include "tools/cli/StatusLine.h"

#include "tools/cli/Output.h"

#include <cstdlib>
#include <string>
#include <unistd.h>

namespace graphc {

static bool terminalCanRedraw() {
  const char *term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) && term && std::string_view(term) != "dumb";
}

StatusLine::StatusLine(bool shown) : enabled(shown && terminalCanRedraw()) {}

StatusLine::~StatusLine() { clear(); }

void StatusLine::show(std::string_view text, bool now) {
  auto time = std::chrono::steady_clock::now();
  if (!enabled || (!now && time - last < std::chrono::milliseconds(100)))
    return;
  last = time;
  visible = true;
  writeError("\r" + std::string(text) + "\033[K");
}

void StatusLine::clear() {
  if (visible)
    writeError("\r\033[K");
  visible = false;
}

} // namespace graphc
