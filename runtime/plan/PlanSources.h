// Whether the files that a plan was compiled from are as they were.
#ifndef GRAPHC_RUNTIME_PLAN_PLANSOURCES_H
#define GRAPHC_RUNTIME_PLAN_PLANSOURCES_H

#include "runtime/plan/PlanHeader.h"

#include <span>

namespace graphc {

/// Ok when every source of the model is in one of `folders` as it was: of the same size and
/// modification time, or else of the same hash over the whole file. PlanMismatch otherwise, with
/// the old and the new hash of each file that differs. Of a safetensors file only the header has a
/// hash; written at another time, it counts as changed. Usage for a plan without sources.
Status checkSources(const PlanModel &model, std::span<const std::string> folders);

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_PLANSOURCES_H
