#include "runtime/base/MappedFileGuard.h"

#include "runtime/base/Status.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <unistd.h>

namespace graphc {

namespace {

/// A mapped file, where a signal handler can read it: no locks, no allocation. `data` is set last
/// and cleared first.
struct Range {
  std::atomic<bool> taken = false;
  std::atomic<const std::byte *> data = nullptr;
  size_t size = 0;
  std::array<char, 512> name = {};
};

constexpr size_t kMaxRanges = 128;
std::array<Range, kMaxRanges> ranges;

const Range *rangeAt(const void *address) {
  const auto *at = static_cast<const std::byte *>(address);
  for (const Range &range : ranges) {
    const std::byte *data = range.data.load(std::memory_order_acquire);
    if (data && at >= data && at < data + range.size)
      return &range;
  }
  return nullptr;
}

void writeText(const char *text) {
  ssize_t ignored = ::write(STDERR_FILENO, text, std::strlen(text));
  (void)ignored;
}

void onBusError(int signal, siginfo_t *info, void *) {
  if (const Range *range = rangeAt(info->si_addr)) {
    writeText("graphc: ");
    writeText(range->name.data());
    writeText(": the file was cut short or its disk failed while it was in use\n");
    ::_exit(static_cast<int>(StatusCode::BadInput));
  }
  // Not ours: with the default action back, the access is repeated and ends the process.
  ::signal(signal, SIG_DFL);
}

} // namespace

void installMappedFileGuard() {
  struct sigaction action = {};
  action.sa_sigaction = onBusError;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

void detail::guardRange(const std::byte *data, size_t size, const std::string &name) {
  for (Range &range : ranges) {
    if (range.taken.exchange(true))
      continue;
    range.size = size;
    size_t length = std::min(name.size(), range.name.size() - 1);
    std::copy_n(name.begin(), length, range.name.begin());
    range.name[length] = 0;
    range.data.store(data, std::memory_order_release);
    return;
  }
}

void detail::unguardRange(const std::byte *data) {
  for (Range &range : ranges) {
    if (range.data.load() == data) {
      range.data.store(nullptr);
      range.taken.store(false);
      return;
    }
  }
}

} // namespace graphc
