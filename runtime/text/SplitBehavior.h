// What a splitting step does with the separators that it finds.
#ifndef GRAPHC_RUNTIME_TEXT_SPLITBEHAVIOR_H
#define GRAPHC_RUNTIME_TEXT_SPLITBEHAVIOR_H

#include "runtime/text/TokenizerFormat.h"

#include <string_view>

namespace graphc {

/// Turns the parts of a text, given in order as separators and what stands between them, into
/// words. `Emit` is called with each word, in order; words are never empty.
///
/// For "a--b" with "-" as separator:
///   Removed "a" "b" · Isolated "a" "-" "-" "b" · Contiguous "a" "--" "b"
///   MergedWithPrevious "a-" "-" "b" · MergedWithNext "a" "-" "-b"
template <typename Emit>
class Splitter {
public:
  Splitter(SplitBehavior behavior, Emit emit) : behavior(behavior), emit(emit) {}

  /// The next part; parts must be neighbours in one text.
  void part(std::string_view text, bool separator) {
    if (text.empty() || (separator && behavior == SplitBehavior::Removed))
      return;
    if (!pending.empty() && joins(separator)) {
      pending = {pending.data(), pending.size() + text.size()};
    } else {
      finish();
      pending = text;
    }
    lastWasSeparator = separator;
  }

  /// Call after the last part.
  void finish() {
    if (!pending.empty())
      emit(pending);
    pending = {};
  }

private:
  bool joins(bool separator) const {
    switch (behavior) {
    case SplitBehavior::Removed:
    case SplitBehavior::Isolated:
      return false;
    case SplitBehavior::MergedWithPrevious:
      return separator && !lastWasSeparator;
    case SplitBehavior::MergedWithNext:
      return !separator && lastWasSeparator;
    case SplitBehavior::Contiguous:
      return separator == lastWasSeparator;
    }
    return false;
  }

  SplitBehavior behavior;
  Emit emit;
  std::string_view pending; ///< The word so far.
  bool lastWasSeparator = false;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_SPLITBEHAVIOR_H
