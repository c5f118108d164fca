// Running a plan that takes rows of numbers in place of tokens: every row in, every result out.
#ifndef GRAPHC_RUNTIME_EXEC_ROWRUN_H
#define GRAPHC_RUNTIME_EXEC_ROWRUN_H

#include "runtime/exec/Session.h"

#include <cstdint>
#include <span>

namespace graphc {

/// How many rows there are: of each of `sequences`, `length`.
struct RowExtents {
  int64_t sequences = 1;
  int64_t length = 1;
};

/// Where rows come from and results go to, a piece of a sequence at a time.
class RowStream {
public:
  virtual ~RowStream() = default;
  /// Fills `out`, f32 [count][inputWidth], with rows `first` .. of a sequence.
  virtual Status read(int64_t sequence, int64_t first, std::span<float> out) = 0;
  /// Takes their results, f32 [count][resultWidth].
  virtual Status write(int64_t sequence, std::span<const float> rows) = 0;
};

/// Options of a session for sequences of such a length, which run one after the other; threads,
/// cancel and the like are as in `base`. `chunk`: most rows of a step; 0: the plan's. Usage when
/// the plan takes tokens, or for a length or chunk beyond what it was compiled for.
Expected<SessionOptions> sessionOptionsFor(const Plan &plan, const RowExtents &extents,
                                           int64_t chunk, SessionOptions base);

/// Runs all sequences. Numeric, with the operator that made them, when results are not numbers;
/// Interrupted when cancelled; any failure of the stream ends it too.
Status runRows(Session &session, const RowExtents &extents, int64_t chunk, RowStream &stream);

} // namespace graphc

#endif // GRAPHC_RUNTIME_EXEC_ROWRUN_H
