// Looking for numbers that are not finite in what a step wrote.
#ifndef GRAPHC_RUNTIME_EXEC_FINITECHECK_H
#define GRAPHC_RUNTIME_EXEC_FINITECHECK_H

#include "runtime/exec/StepInputs.h"

#include <cstddef>

namespace graphc {

/// Reads buffers of a step that is running or has run. Slow: for the search after a failure.
class FiniteCheck {
public:
  /// All must outlive the object.
  FiniteCheck(const PlanHeader &plan, const StepInputs &step, const KvCache &cache)
      : plan(plan), step(step), cache(cache) {}

  /// Whether all numbers of a kernel's result at `data` are finite, as far as this step writes it.
  /// Quantized rows are if their scales are.
  /// Where attention is un-fused, minus infinity passes: scores that a mask hides have it.
  bool isFinite(const PlanResult &result, const std::byte *data) const {
    return isFinite(result, data, 0, 0);
  }

  /// Whether all keys and values of this step's sequences are finite in the cache of a layer.
  bool isCacheFinite(size_t layer) const;

private:
  bool isFinite(const PlanResult &result, const std::byte *data, size_t dim, int64_t index) const;
  bool areScalesFinite(const PlanResult &result, const std::byte *row) const;
  bool isNumberFinite(ElementType type, const std::byte *at) const;

  const PlanHeader &plan;
  const StepInputs &step;
  const KvCache &cache;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_EXEC_FINITECHECK_H
