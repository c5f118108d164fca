#include "tools/bench/PlanWork.h"

#include <algorithm>
#include <numeric>

namespace graphc {

size_t peakIndex(ElementType type) {
  auto found = std::find(kPeakTypes.begin(), kPeakTypes.end(), type);
  return found == kPeakTypes.end() ? 0 : static_cast<size_t>(found - kPeakTypes.begin());
}

double Work::allOperations() const {
  return std::accumulate(operations.begin(), operations.end(), 0.0);
}

size_t Work::mainType() const {
  return static_cast<size_t>(std::max_element(operations.begin(), operations.end()) -
                             operations.begin());
}

Work &Work::operator+=(const Work &other) {
  bytes += other.bytes;
  for (size_t i = 0; i < operations.size(); ++i)
    operations[i] += other.operations[i];
  return *this;
}

double readSeconds(const Work &work, const Limits &limits) {
  return limits.readGbps > 0 ? work.bytes / (limits.readGbps * 1e9) : 0;
}

double computeSeconds(const Work &work, const Limits &limits) {
  double seconds = 0;
  for (size_t i = 0; i < work.operations.size(); ++i)
    seconds += limits.peakGops[i] > 0 ? work.operations[i] / (limits.peakGops[i] * 1e9) : 0;
  return seconds;
}

double limitSeconds(const Work &work, const Limits &limits) {
  return std::max(readSeconds(work, limits), computeSeconds(work, limits));
}

Expected<Work> kernelWork(const PlanKernel &kernel, std::span<const StepShape> step) {
  Work work;
  GRAPHC_ASSIGN_OR_RETURN(work.bytes, evaluateCost(kernel.bytes, step));
  GRAPHC_ASSIGN_OR_RETURN(work.operations[peakIndex(kernel.arithmetic)],
                          evaluateCost(kernel.flops, step));
  return work;
}

Expected<std::vector<Work>> kernelWorks(const PlanVariant &variant,
                                        std::span<const StepShape> step) {
  std::vector<Work> works;
  for (const PlanKernel &kernel : variant.kernels) {
    GRAPHC_ASSIGN_OR_RETURN(Work work, kernelWork(kernel, step));
    works.push_back(work);
  }
  return works;
}

Expected<Work> stepWork(const PlanVariant &variant, std::span<const StepShape> step) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Work> kernels, kernelWorks(variant, step));
  Work sum;
  for (const PlanDispatch &dispatch : variant.schedule)
    sum += kernels[dispatch.kernel];
  return sum;
}

Expected<Work> totalWork(const PlanVariant &variant, std::span<const StepShapes> steps) {
  Work sum;
  for (const StepShapes &step : steps) {
    GRAPHC_ASSIGN_OR_RETURN(Work work, stepWork(variant, step));
    sum += work;
  }
  return sum;
}

} // namespace graphc
