// How much a plan has to do in a step: the figures that speed is made of.
#ifndef GRAPHC_TOOLS_BENCH_PLANWORK_H
#define GRAPHC_TOOLS_BENCH_PLANWORK_H

#include "runtime/base/Status.h"
#include "runtime/plan/PlanCost.h"
#include "runtime/plan/PlanHeader.h"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace graphc {

/// The types of arithmetic that have a peak of their own; other arrays of this folder follow this
/// order.
inline constexpr std::array<ElementType, 3> kPeakTypes = {ElementType::F32, ElementType::BF16,
                                                          ElementType::I8};

/// Place of a type in kPeakTypes; that of f32 for a type that is not there.
size_t peakIndex(ElementType type);

/// Bytes of memory that must be moved, and operations.
struct Work {
  double bytes = 0;
  std::array<double, kPeakTypes.size()> operations = {};

  double allOperations() const;
  /// Index of the type with the most operations.
  size_t mainType() const;
  Work &operator+=(const Work &other);
};

/// What a machine can do at a moment; 0 is unknown.
struct Limits {
  double readGbps = 0;
  std::array<double, kPeakTypes.size()> peakGops = {};
};

/// Seconds that the bytes (the operations) take at the limit; 0 where it is unknown. Operations of
/// different types are done one after the other.
double readSeconds(const Work &work, const Limits &limits);
double computeSeconds(const Work &work, const Limits &limits);
/// The longer of the two.
double limitSeconds(const Work &work, const Limits &limits);

/// The parts of a step, one for each of its sequences.
using StepShapes = std::vector<StepShape>;

/// Work of one dispatch of a kernel. BadInput when its cost cannot be read.
Expected<Work> kernelWork(const PlanKernel &kernel, std::span<const StepShape> step);

/// The same of each of a variant's kernels.
Expected<std::vector<Work>> kernelWorks(const PlanVariant &variant,
                                        std::span<const StepShape> step);

/// Work of all dispatches of a step.
Expected<Work> stepWork(const PlanVariant &variant, std::span<const StepShape> step);

/// Work of all steps.
Expected<Work> totalWork(const PlanVariant &variant, std::span<const StepShapes> steps);

} // namespace graphc

#endif // GRAPHC_TOOLS_BENCH_PLANWORK_H
