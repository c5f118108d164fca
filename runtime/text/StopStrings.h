// Stop strings: the texts that end a generation.
#ifndef GRAPHC_RUNTIME_TEXT_STOPSTRINGS_H
#define GRAPHC_RUNTIME_TEXT_STOPSTRINGS_H

#include "runtime/base/Status.h"

#include <span>
#include <string>
#include <string_view>

namespace graphc {

/// Usage when a stop string is empty, is not UTF-8 or has more than 1024 bytes, or when there are
/// more than 64 of them.
Status checkStopStrings(std::span<const std::string> stops);

/// A text that grows until one of a few strings is in it. What may be the beginning of such a
/// string is kept back, so a stop string, which may arrive in any number of parts, is never seen
/// outside.
class StopScanner {
public:
  /// The strings must outlive the scanner.
  explicit StopScanner(std::span<const std::string> stops) : stops(stops) {}

  /// What of the text so far is certain to stay and has not been returned before. When `more`
  /// completes a stop string, that is the text before it (before the first, where there are
  /// several), and nothing comes any more. Whole characters if `more` is.
  std::string push(std::string_view more);

  /// Ends the text: what was kept back.
  std::string flush();

  bool isStopped() const { return stopped; }

private:
  size_t possibleStart() const;

  std::span<const std::string> stops;
  std::string held;
  bool stopped = false;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_STOPSTRINGS_H
