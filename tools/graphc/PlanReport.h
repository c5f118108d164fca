// What `graphc inspect` says about a plan.
#ifndef GRAPHC_TOOLS_GRAPHC_PLANREPORT_H
#define GRAPHC_TOOLS_GRAPHC_PLANREPORT_H

#include "runtime/base/Json.h"
#include "runtime/base/Status.h"
#include "runtime/memory/MemoryPlan.h"
#include "runtime/plan/Plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace graphc {

/// Cost of something in one step.
struct StepCost {
  double flops = 0;
  double bytes = 0; ///< Moved from and to memory, at least.
};

/// A kernel and its share of a decode step.
struct KernelReport {
  std::string name, opName;
  int64_t calls = 0; ///< Dispatches in the schedule.
  StepCost cost;     ///< Of all of them.
};

/// A plan's contents in numbers. Costs are those of the step that decodes one token of one sequence
/// at the end of a full context.
struct PlanReport {
  const Plan *plan = nullptr;
  const PlanVariant *variant = nullptr; ///< The one that runs here, or the first one.
  bool runsHere = false;
  MemoryPlan memory; ///< Of one sequence of full length, one thread per CPU.
  std::vector<KernelReport> kernels;
  StepCost decode;

  /// BadInput when a cost in the plan cannot be read.
  static Expected<PlanReport> of(const Plan &plan);

  std::string text(bool listWeights) const;
  Json json() const;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_PLANREPORT_H
