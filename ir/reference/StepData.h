// What one step is given, as plain vectors (see the type !graphc.step).
#ifndef GRAPHC_IR_REFERENCE_STEPDATA_H
#define GRAPHC_IR_REFERENCE_STEPDATA_H

#include "runtime/base/Status.h"

#include <cstdint>
#include <vector>

namespace graphc {

/// A row of the cache that a step can read: column s of un-fused attention.
struct CachedRow {
  int32_t slot;
  int32_t position;
};

/// Inputs of a step of B sequences, T tokens and R wanted rows.
struct StepData {
  std::vector<int32_t> tokens;     ///< [T]; any ids where rows are given
  std::vector<int32_t> position;   ///< [T]
  std::vector<int32_t> slot;       ///< [T], in [0, B)
  std::vector<int32_t> rowOffsets; ///< [B + 1]
  std::vector<int32_t> outRows;    ///< [R], ascending
  /// [B]: which sequence of the KvStore each of the step's sequences is.
  std::vector<int32_t> sequences;
  /// [T][K], in place of tokens, for networks that begin with graphc.input_rows.
  std::vector<float> inputRows = {};

  /// A step that appends `added[b]` to the sequences, of which `before[b]` tokens are cached; the
  /// rows of all tokens are wanted. Sequence b of the step is sequence b of the store.
  static StepData make(const std::vector<std::vector<int32_t>> &added,
                       const std::vector<int32_t> &before);

  int64_t tokenCount() const { return static_cast<int64_t>(tokens.size()); }

  /// All rows that the step's sequences have when this step's tokens have been appended, one
  /// sequence after the other: S of them.
  std::vector<CachedRow> cachedRows() const;

  /// Whether the vectors' sizes and numbers fit each other; else Usage, saying which do not.
  Status check() const;
};

} // namespace graphc

#endif // GRAPHC_IR_REFERENCE_STEPDATA_H
