// Signals: a clean end instead of a sudden one.
#ifndef GRAPHC_TOOLS_CLI_SIGNALS_H
#define GRAPHC_TOOLS_CLI_SIGNALS_H

#include <atomic>

namespace graphc {

/// From now on the first SIGINT or SIGTERM sets the flag that is returned, the second one ends the
/// process; a write to a closed pipe fails instead of killing.
const std::atomic<bool> &installSignalHandlers();

/// Signals of a program that goes on after an interrupt.
class Interrupts {
public:
  /// From now on SIGINT and SIGTERM do what isSet() and mustEnd() say, and nothing else; a write to
  /// a closed pipe fails instead of killing. There is one set of handlers in a process.
  static Interrupts install();

  /// Whether there was one since clear().
  const std::atomic<bool> &isSet() const;
  /// Whether one of them was a SIGTERM, which is not taken back.
  bool mustEnd() const;
  /// Readable while isSet(), for poll(); -1 where the system has none left.
  int file() const { return event; }
  void clear();

private:
  explicit Interrupts(int event) : event(event) {}

  int event;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_CLI_SIGNALS_H
