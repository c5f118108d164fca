// Progress of long work on a terminal.
#ifndef GRAPHC_TOOLS_COMPILER_PROGRESS_H
#define GRAPHC_TOOLS_COMPILER_PROGRESS_H

#include "tools/cli/StatusLine.h"

#include <cstdint>
#include <mutex>
#include <string>

namespace graphc {

/// A bar on stderr that is redrawn at most ten times a second; nothing when stderr is no terminal.
class ProgressBar {
public:
  /// `total` in bytes; `shown`: whether to draw at all.
  ProgressBar(std::string label, uint64_t total, bool shown);

  /// From any thread.
  void update(uint64_t done);

private:
  std::string text(uint64_t done) const;

  std::string label;
  uint64_t total;
  std::mutex mutex;
  StatusLine line;
};

/// "1.23 GB", "45.6 MB", "789 bytes".
std::string sizeText(uint64_t bytes);

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_PROGRESS_H
