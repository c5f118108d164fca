#include "tools/cli/LineReader.h"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace graphc {

/// Until there is something to read (Line), or the wait is interrupted.
Expected<LineReader::Event> LineReader::wait() const {
  pollfd files[] = {{file, POLLIN, 0}, {wakeUp, POLLIN, 0}}; // negative ones are skipped
  while (::poll(files, 2, -1) < 0) {
    if (errno != EINTR)
      return badInput(std::string("cannot read: ") + std::strerror(errno));
  }
  return files[1].revents & POLLIN ? Event::Interrupted : Event::Line;
}

Expected<LineReader::Event> LineReader::next(std::string &line) {
  constexpr size_t kLongest = size_t(16) << 20;
  while (true) {
    size_t end = buffer.find('\n', searched);
    if (end != std::string::npos || (ended && !buffer.empty())) {
      line = buffer.substr(0, end);
      buffer.erase(0, end == std::string::npos ? end : end + 1);
      searched = 0;
      return Event::Line;
    }
    if (ended)
      return Event::End;
    searched = buffer.size();
    if (searched > kLongest)
      return badInput("expected lines of at most " + std::to_string(kLongest) + " bytes");
    GRAPHC_ASSIGN_OR_RETURN(Event event, wait());
    if (event == Event::Interrupted) {
      buffer.clear();
      searched = 0;
      return event;
    }
    char bytes[4096];
    ssize_t count = ::read(file, bytes, sizeof(bytes));
    if (count < 0 && errno != EINTR && errno != EAGAIN)
      return badInput(std::string("cannot read: ") + std::strerror(errno));
    if (count > 0)
      buffer.append(bytes, static_cast<size_t>(count));
    ended = count == 0;
  }
}

} // namespace graphc
