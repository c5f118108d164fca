// Hearing of a step's parts as they run: for profiles and traces.
#ifndef GRAPHC_RUNTIME_EXEC_DISPATCHOBSERVER_H
#define GRAPHC_RUNTIME_EXEC_DISPATCHOBSERVER_H

#include <chrono>
#include <cstddef>

namespace graphc {

/// See Session::observe. Calls come from the thread that calls Session::step, between
/// two dispatches: what they take is not in any dispatch's time, but in the step's.
class DispatchObserver {
public:
  using Time = std::chrono::steady_clock::time_point;

  virtual ~DispatchObserver() = default;

  /// Entry `number` of the variant's schedule ran from `begin` to `end`, on all threads.
  virtual void onDispatch(size_t number, Time begin, Time end) = 0;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_EXEC_DISPATCHOBSERVER_H
