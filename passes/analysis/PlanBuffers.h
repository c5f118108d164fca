// The buffers of a graphc.plan, read off its dispatches: what plan-memory moves and
// print-memory-plan shows.
#ifndef GRAPHC_PASSES_ANALYSIS_PLANBUFFERS_H
#define GRAPHC_PASSES_ANALYSIS_PLANBUFFERS_H

#include "ir/GraphDialect.h"
#include "passes/analysis/MemoryPlanner.h"

#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace graphc {

/// A value in the arena: from the dispatch that writes it to the last that reads it, and through
/// all that run together with either.
struct PlanBuffer {
  BufferUsage usage;  ///< In numbers of dispatches, from 0.
  int64_t writer = 0; ///< The dispatch that writes it.
  uint64_t offset = 0;
  std::string label; ///< Of the dispatch that writes it.
};

struct PlanBuffers {
  std::vector<PlanBuffer> buffers;
  /// For every dispatch, for every binding: the number of its buffer, or -1 for other bindings.
  std::vector<std::vector<int64_t>> ofBinding;

  /// Reads a plan, as if each dispatch ran alone. Fails with a diagnostic where a dispatch reads
  /// bytes that none wrote.
  static llvm::FailureOr<PlanBuffers> collect(PlanOp plan);

  /// Lets the buffers live through the groups of dispatches that are marked `together`.
  void extendOverGroups(PlanOp plan);

  std::vector<BufferUsage> usages() const;

  /// A table: bytes, offset, lifetime and writer of each buffer, and the sums.
  void print(llvm::raw_ostream &os) const;
};

} // namespace graphc

#endif // GRAPHC_PASSES_ANALYSIS_PLANBUFFERS_H
