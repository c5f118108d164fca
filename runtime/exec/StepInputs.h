// The arrays that describe one step to the kernels.
#ifndef GRAPHC_RUNTIME_EXEC_STEPINPUTS_H
#define GRAPHC_RUNTIME_EXEC_STEPINPUTS_H

#include "runtime/memory/KvCache.h"
#include "runtime/plan/PlanHeader.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace graphc {

/// Which rows of a sequence's part of a step have their result computed.
enum class WantedRows : uint8_t { None, Last, All };

/// A sequence's part of a step: its next tokens, or its next rows where the plan takes those.
struct StepSequence {
  KvCache::SequenceId sequence = 0;
  std::span<const int32_t> tokens; ///< At least one; none where the plan takes rows.
  WantedRows rows = WantedRows::Last;
  std::span<const float> inputRows = {}; ///< f32 [count][inputWidth], if the plan takes rows.

  /// Tokens, or rows of `inputWidth` numbers if that is not 0.
  int64_t count(int64_t inputWidth) const {
    return inputWidth > 0 ? std::ssize(inputRows) / inputWidth : std::ssize(tokens);
  }
};

/// The fixed header of kernel arguments (KernelAbi.h) and the arrays that it points at. Their
/// addresses stay the same for the object's life, their contents are those of the last fill().
class StepInputs {
public:
  StepInputs(const PlanHeader &plan, int64_t maxSequences);

  /// Describes a step whose tokens have been appended to the cache already. The batch must be
  /// within the bounds that the constructor was given.
  void fill(std::span<const StepSequence> batch, const KvCache &cache);

  /// Values of the entries before kFirstOperand. Tasks are whole ones: kArgShares is 1, kArgShared
  /// null.
  const std::array<int64_t, kFirstOperand> &header() const { return values; }

  int64_t rows() const { return values[kArgR]; }
  int64_t extent(PlanDim dim) const;

  int64_t sequences() const { return values[kArgB]; }
  /// Cached rows of sequence `b` of the step, this step's tokens included.
  int64_t length(int64_t b) const {
    return position[static_cast<size_t>(rowOffsets[static_cast<size_t>(b) + 1]) - 1] + 1;
  }
  /// Cached rows of the longest sequence of the step.
  int64_t longest() const { return longestLength; }
  /// Number of the page of its tokens 64i .. 64i+63.
  int64_t page(int64_t b, int64_t i) const {
    return pageTable[static_cast<size_t>(b * pageTableStride + i)];
  }

private:
  void addSequence(const StepSequence &part, const KvCache &cache);
  void addColumns(int32_t b, int64_t length);

  int64_t pageTableStride;
  int64_t inputWidth;
  int64_t longestLength = 0;
  std::vector<int32_t> tokens, position, slot; // [T]
  std::vector<float> inputRows;                // [T][inputWidth]
  std::vector<int32_t> rowOffsets;             // [B + 1]
  std::vector<int32_t> outRows;                // [R]
  std::vector<int32_t> pageTable;              // [B][stride]
  std::vector<int32_t> columnSlot;             // [S], or empty
  std::vector<int32_t> columnPosition;
  std::array<int64_t, kFirstOperand> values = {};
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_EXEC_STEPINPUTS_H
