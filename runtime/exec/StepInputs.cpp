#include "runtime/exec/StepInputs.h"

#include <algorithm>

namespace graphc {

template <typename T>
static int64_t addressOf(const std::vector<T> &array) {
  return array.empty() ? 0 : reinterpret_cast<int64_t>(array.data());
}

StepInputs::StepInputs(const PlanHeader &plan, int64_t maxSequences)
    : pageTableStride(ceilDiv(plan.context, kPageTokens)), inputWidth(plan.inputWidth),
      inputRows(static_cast<size_t>(plan.maxTokens * plan.inputWidth)) {
  auto sized = [](int64_t count) { return std::vector<int32_t>(static_cast<size_t>(count)); };
  tokens = position = slot = outRows = sized(plan.maxTokens);
  rowOffsets = sized(maxSequences + 1);
  pageTable = sized(maxSequences * pageTableStride);
  if (plan.usesColumns)
    columnSlot = columnPosition = sized(plan.context);
  values[kArgTokens] = addressOf(tokens);
  values[kArgPosition] = addressOf(position);
  values[kArgSlot] = addressOf(slot);
  values[kArgRowOffsets] = addressOf(rowOffsets);
  values[kArgOutRows] = addressOf(outRows);
  values[kArgPageTable] = addressOf(pageTable);
  values[kArgPageTableStride] = pageTableStride;
  values[kArgColumnSlot] = addressOf(columnSlot);
  values[kArgColumnPosition] = addressOf(columnPosition);
  values[kArgInputRows] = addressOf(inputRows);
  values[kArgShares] = 1;
}

void StepInputs::fill(std::span<const StepSequence> batch, const KvCache &cache) {
  values[kArgT] = values[kArgR] = values[kArgS] = values[kArgB] = 0;
  longestLength = 0;
  for (const StepSequence &part : batch)
    addSequence(part, cache);
}

void StepInputs::addSequence(const StepSequence &part, const KvCache &cache) {
  int64_t &row = values[kArgT], &b = values[kArgB];
  int64_t length = cache.length(part.sequence);
  const int64_t count = part.count(inputWidth), first = length - count;
  longestLength = std::max(longestLength, length);
  std::copy(part.tokens.begin(), part.tokens.end(), tokens.begin() + row);
  std::copy(part.inputRows.begin(), part.inputRows.end(), inputRows.begin() + row * inputWidth);
  for (int64_t i = 0; i < count; ++i, ++row) {
    auto at = static_cast<size_t>(row);
    position[at] = static_cast<int32_t>(first + i);
    slot[at] = static_cast<int32_t>(b);
    bool wanted = part.rows == WantedRows::All || (part.rows == WantedRows::Last && i + 1 == count);
    if (wanted)
      outRows[static_cast<size_t>(values[kArgR]++)] = static_cast<int32_t>(row);
  }
  std::span<const int32_t> pages = cache.pages(part.sequence);
  std::copy(pages.begin(), pages.end(), pageTable.begin() + b * pageTableStride);
  addColumns(static_cast<int32_t>(b), length);
  ++b;
  rowOffsets[static_cast<size_t>(b)] = static_cast<int32_t>(row);
}

/// The sequence's cached rows, after those of the sequences before it.
void StepInputs::addColumns(int32_t b, int64_t length) {
  int64_t &column = values[kArgS];
  for (int64_t i = 0; i < length && !columnSlot.empty(); ++i) {
    columnSlot[static_cast<size_t>(column + i)] = b;
    columnPosition[static_cast<size_t>(column + i)] = static_cast<int32_t>(i);
  }
  column += length;
}

int64_t StepInputs::extent(PlanDim dim) const {
  switch (dim) {
  case PlanDim::One:
    return 1;
  case PlanDim::T:
    return values[kArgT];
  case PlanDim::R:
    return values[kArgR];
  case PlanDim::S:
    return values[kArgS];
  }
  return 0;
}

} // namespace graphc
