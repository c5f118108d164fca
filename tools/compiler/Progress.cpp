#include "tools/compiler/Progress.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace graphc {

static bool terminalCanRedraw() {
  const char *term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) && term && std::string_view(term) != "dumb";
}

ProgressBar::ProgressBar(std::string label, uint64_t total, bool shown)
    : label(std::move(label)), total(std::max<uint64_t>(total, 1)),
      shown(shown && terminalCanRedraw()) {}

ProgressBar::~ProgressBar() {
  if (shown)
    std::fputs("\r\033[K", stderr);
}

void ProgressBar::update(uint64_t done) {
  if (!shown)
    return;
  std::unique_lock lock(mutex, std::try_to_lock);
  auto now = std::chrono::steady_clock::now();
  if (!lock.owns_lock() || now - last < std::chrono::milliseconds(100))
    return;
  last = now;
  draw(std::min(done, total));
}

void ProgressBar::draw(uint64_t done) {
  constexpr int kWidth = 30;
  double fraction = static_cast<double>(done) / static_cast<double>(total);
  int filled = static_cast<int>(fraction * kWidth);
  std::string bar(static_cast<size_t>(filled), '=');
  bar.resize(kWidth, ' ');
  std::fprintf(stderr, "\r%s [%s] %3.0f %%  %s of %s\033[K", label.c_str(), bar.c_str(),
               100 * fraction, sizeText(done).c_str(), sizeText(total).c_str());
  std::fflush(stderr);
}

std::string sizeText(uint64_t bytes) {
  char text[32];
  double value = static_cast<double>(bytes);
  if (bytes < 1000)
    std::snprintf(text, sizeof(text), "%d bytes", static_cast<int>(bytes));
  else if (value < 1e6)
    std::snprintf(text, sizeof(text), "%.1f KB", value / 1e3);
  else if (value < 1e9)
    std::snprintf(text, sizeof(text), "%.1f MB", value / 1e6);
  else
    std::snprintf(text, sizeof(text), "%.2f GB", value / 1e9);
  return text;
}

} // namespace graphc
