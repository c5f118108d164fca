// What a template may cost. Templates come with models and are not trusted: whatever one asks for,
// its rendering ends soon, in bounded memory, with an error that names a limit.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_LIMITS_H
#define GRAPHC_RUNTIME_TEXT_JINJA_LIMITS_H

#include "runtime/base/Status.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace graphc::jinja {

struct Limits {
  size_t templateBytes = size_t(1) << 20;
  int nesting = 200;              ///< Of statements, and of operators in an expression.
  int64_t steps = 10'000'000;     ///< Expressions and statements that a rendering evaluates.
  int depth = 500;                ///< Evaluations inside each other: recursive macros.
  size_t outputBytes = 64u << 20; ///< Of the rendered text.
  size_t workBytes = 256u << 20;  ///< Of all values that a rendering makes, together.
};

/// Items of one range(), as in jinja's sandbox.
inline constexpr int64_t kMaxRange = 100'000;
/// Lists and mappings inside each other that a template may make.
inline constexpr int kMaxValueDepth = 100;

/// What a rendering has left of its limits.
class Budget {
public:
  explicit Budget(const Limits &limits) : limits(limits), bytesLeft(limits.workBytes) {}

  /// Counts one evaluation.
  Status step() {
    if (++steps <= limits.steps)
      return {};
    return badInput("more than " + std::to_string(limits.steps) + " steps: does a loop not end?");
  }

  /// Counts the bytes of a new value. To be asked before memory is taken.
  Status use(size_t bytes) {
    if (bytes <= bytesLeft) {
      bytesLeft -= bytes;
      return {};
    }
    bytesLeft = 0;
    return badInput("values of more than " + std::to_string(limits.workBytes) + " bytes");
  }

  /// Counts bytes that are only looked at.
  Status scan(size_t bytes) { return use(bytes / 16 + 1); }

  /// Counts an evaluation inside of the others; leave() ends it.
  Status enter() {
    if (++depth <= limits.depth)
      return {};
    return badInput("evaluations nested deeper than " + std::to_string(limits.depth) +
                    " levels: does a macro not end?");
  }
  void leave() { --depth; }

  /// Fails if so many bytes could not be used, for what may become as large.
  Status couldUse(size_t bytes) { return bytes <= bytesLeft ? Status() : use(SIZE_MAX); }

  /// Bytes that may still be used.
  size_t left() const { return bytesLeft; }

private:
  const Limits &limits;
  int64_t steps = 0;
  int depth = 0;
  size_t bytesLeft;
};

/// Leaves when it goes out of scope, whether enter() succeeded or not.
class DepthGuard {
public:
  explicit DepthGuard(Budget &budget) : status(budget.enter()), budget(budget) {}
  ~DepthGuard() { budget.leave(); }
  DepthGuard(const DepthGuard &) = delete;

  const Status status;

private:
  Budget &budget;
};

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_LIMITS_H
