#include "tools/cli/Signals.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace graphc {

static std::atomic<bool> interrupted = false, terminated = false;
static std::atomic<int> wakeUp = -1; ///< An event file that a handler makes readable.
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "used in signal handlers");

static void handleSignals(void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

const std::atomic<bool> &installSignalHandlers() {
  // The second one has its usual effect.
  handleSignals([](int) { interrupted = true; }, SA_RESETHAND);
  return interrupted;
}

static void onInterrupt(int signal) {
  int saved = errno;
  interrupted = true;
  if (signal == SIGTERM)
    terminated = true;
  const uint64_t one = 1;
  [[maybe_unused]] ssize_t written = ::write(wakeUp, &one, sizeof(one));
  errno = saved;
}

Interrupts Interrupts::install() {
  int event = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  wakeUp = event;
  handleSignals(onInterrupt, SA_RESTART);
  return Interrupts(event);
}

const std::atomic<bool> &Interrupts::isSet() const { return interrupted; }

bool Interrupts::mustEnd() const { return terminated; }

void Interrupts::clear() {
  uint64_t count = 0;
  [[maybe_unused]] ssize_t taken = ::read(event, &count, sizeof(count));
  interrupted = false;
}

} // namespace graphc
