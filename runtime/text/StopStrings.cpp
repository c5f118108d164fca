#include "runtime/text/StopStrings.h"

#include "runtime/base/Escape.h"
#include "runtime/text/Unicode.h"

#include <algorithm>
#include <utility>

namespace graphc {

Status checkStopStrings(std::span<const std::string> stops) {
  constexpr size_t kMost = 64, kLongest = 1024;
  if (stops.size() > kMost)
    return usageError("expected at most " + std::to_string(kMost) + " stop strings but got " +
                      std::to_string(stops.size()));
  for (const std::string &stop : stops) {
    if (stop.empty() || stop.size() > kLongest || !isUtf8(stop))
      return usageError("stop string: expected 1 to " + std::to_string(kLongest) +
                        " bytes of UTF-8 but got '" + escapeForMessage(stop) + "'");
  }
  return {};
}

/// Where the longest end of the text starts that a stop string begins with.
size_t StopScanner::possibleStart() const {
  size_t start = held.size();
  for (const std::string &stop : stops) {
    size_t length = std::min(stop.size() - 1, held.size());
    while (!held.ends_with(std::string_view(stop).substr(0, length)))
      --length;
    start = std::min(start, held.size() - length);
  }
  return start;
}

std::string StopScanner::push(std::string_view more) {
  if (stopped)
    return "";
  held += more;
  size_t found = std::string::npos;
  for (const std::string &stop : stops)
    found = std::min(found, held.find(stop));
  stopped = found != std::string::npos;
  size_t length = stopped ? found : possibleStart();
  std::string certain = held.substr(0, length);
  held.erase(0, stopped ? held.size() : length);
  return certain;
}

std::string StopScanner::flush() { return std::exchange(held, ""); }

} // namespace graphc
