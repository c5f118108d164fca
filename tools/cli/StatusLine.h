// Progress of a command on a terminal.
#ifndef GRAPHC_TOOLS_CLI_STATUSLINE_H
#define GRAPHC_TOOLS_CLI_STATUSLINE_H

#include <chrono>
#include <string_view>

namespace graphc {

/// One line on stderr that is written over as work goes on, and is gone when the object is. Nothing
/// is written when stderr is no terminal that can do that.
class StatusLine {
public:
  /// `shown`: whether to write at all.
  explicit StatusLine(bool shown);
  ~StatusLine();

  /// Shows a text, at most ten times a second; shows it at once if `now`.
  void show(std::string_view text, bool now = false);

  /// Takes the line away, so that something else can be written.
  void clear();

private:
  bool enabled;
  bool visible = false;
  std::chrono::steady_clock::time_point last;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_CLI_STATUSLINE_H
