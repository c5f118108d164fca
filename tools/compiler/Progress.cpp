#include "tools/compiler/Progress.h"

#include <algorithm>
#include <cstdio>

namespace graphc {

ProgressBar::ProgressBar(std::string label, uint64_t total, bool shown)
    : label(std::move(label)), total(std::max<uint64_t>(total, 1)), line(shown) {}

void ProgressBar::update(uint64_t done) {
  std::unique_lock lock(mutex, std::try_to_lock);
  if (lock.owns_lock())
    line.show(text(std::min(done, total)));
}

std::string ProgressBar::text(uint64_t done) const {
  constexpr int kWidth = 30;
  double fraction = static_cast<double>(done) / static_cast<double>(total);
  std::string bar(static_cast<size_t>(fraction * kWidth), '=');
  bar.resize(kWidth, ' ');
  char percent[16];
  std::snprintf(percent, sizeof percent, "%3.0f %%", 100 * fraction);
  return label + " [" + bar + "] " + percent + "  " + sizeText(done) + " of " + sizeText(total);
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
