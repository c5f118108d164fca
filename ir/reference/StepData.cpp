#include "ir/reference/StepData.h"

#include <algorithm>

namespace graphc {

StepData StepData::make(const std::vector<std::vector<int32_t>> &added,
                        const std::vector<int32_t> &before) {
  StepData step;
  step.rowOffsets.push_back(0);
  for (size_t b = 0; b < added.size(); ++b) {
    for (size_t i = 0; i < added[b].size(); ++i) {
      step.outRows.push_back(static_cast<int32_t>(step.tokens.size()));
      step.tokens.push_back(added[b][i]);
      step.position.push_back(before[b] + static_cast<int32_t>(i));
      step.slot.push_back(static_cast<int32_t>(b));
    }
    step.rowOffsets.push_back(static_cast<int32_t>(step.tokens.size()));
    step.sequences.push_back(static_cast<int32_t>(b));
  }
  return step;
}

std::vector<CachedRow> StepData::cachedRows() const {
  std::vector<CachedRow> rows;
  for (size_t b = 0; b + 1 < rowOffsets.size(); ++b) {
    const int32_t length = position[rowOffsets[b + 1] - 1] + 1;
    for (int32_t i = 0; i < length; ++i)
      rows.push_back({static_cast<int32_t>(b), i});
  }
  return rows;
}

Status StepData::check() const {
  const size_t tokenCount = tokens.size();
  if (position.size() != tokenCount || slot.size() != tokenCount)
    return usageError("a step needs as many positions and slots as tokens");
  if (rowOffsets.empty() || rowOffsets.front() != 0 ||
      rowOffsets.back() != static_cast<int32_t>(tokenCount))
    return usageError("a step's row offsets must run from 0 to its tokens");
  if (sequences.size() + 1 != rowOffsets.size())
    return usageError("a step needs one more row offset than sequences");
  for (size_t b = 0; b < sequences.size(); ++b) {
    if (rowOffsets[b] >= rowOffsets[b + 1])
      return usageError("every sequence of a step needs a token");
    for (int32_t t = rowOffsets[b]; t < rowOffsets[b + 1]; ++t)
      if (slot[t] != static_cast<int32_t>(b) ||
          position[t] != position[rowOffsets[b]] + t - rowOffsets[b] || position[t] < 0)
        return usageError("token " + std::to_string(t) +
                          " of a step has another slot or position than its row says");
  }
  for (int32_t row : outRows)
    if (row < 0 || row >= static_cast<int32_t>(tokenCount))
      return usageError("wanted row " + std::to_string(row) +
                        " of a step is not one of its tokens");
  return {};
}

} // namespace graphc
