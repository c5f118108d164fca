// Lines of a terminal, a pipe or a file, as they come.
#ifndef GRAPHC_TOOLS_CLI_LINEREADER_H
#define GRAPHC_TOOLS_CLI_LINEREADER_H

#include "runtime/base/Status.h"

#include <string>

namespace graphc {

class LineReader {
public:
  enum class Event { Line, End, Interrupted };

  /// Reads from an open file. Waiting for it ends when `wakeUp` can be read (Interrupts::file());
  /// -1: there is none.
  LineReader(int file, int wakeUp) : file(file), wakeUp(wakeUp) {}

  /// The next line, without its end; the last one need not have any. What had come of a line when
  /// the wait was interrupted is forgotten. BadInput for lines of more than 16 MiB, and when the
  /// file cannot be read.
  Expected<Event> next(std::string &line);

private:
  Expected<Event> wait() const;

  int file, wakeUp;
  std::string buffer;
  size_t searched = 0; ///< Bytes of the buffer without a line's end.
  bool ended = false;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_CLI_LINEREADER_H
