// Progress of long work on a terminal.
#ifndef GRAPHC_TOOLS_COMPILER_PROGRESS_H
#define GRAPHC_TOOLS_COMPILER_PROGRESS_H

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace graphc {

/// A bar on stderr that is redrawn at most ten times a second; nothing when stderr is no terminal.
class ProgressBar {
public:
  /// `total` in bytes; `shown`: whether to draw at all.
  ProgressBar(std::string label, uint64_t total, bool shown);
  ~ProgressBar();

  /// From any thread.
  void update(uint64_t done);

private:
  void draw(uint64_t done);

  std::string label;
  uint64_t total;
  bool shown;
  std::mutex mutex;
  std::chrono::steady_clock::time_point last;
};

/// "1.23 GB", "45.6 MB", "789 bytes".
std::string sizeText(uint64_t bytes);

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_PROGRESS_H
