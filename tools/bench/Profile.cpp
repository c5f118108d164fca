#include "tools/bench/Profile.h"

#include <algorithm>

namespace graphc {

namespace {

/// Adds the dispatches of one step, `samples`, to the profiles of their kernels.
Status addStep(const PlanVariant &variant, const StepShapes &step,
               std::span<const DispatchSample> samples, const Limits &limits,
               std::vector<KernelProfile> &kernels) {
  std::vector<Work> works;
  for (const PlanKernel &kernel : variant.kernels) {
    GRAPHC_ASSIGN_OR_RETURN(Work work, kernelWork(kernel, step));
    works.push_back(work);
  }
  for (const DispatchSample &sample : samples) {
    uint32_t number = variant.schedule[sample.number].kernel;
    KernelProfile &kernel = kernels[number];
    ++kernel.calls;
    kernel.seconds += sample.seconds();
    kernel.work += works[number];
    kernel.limitSeconds += limitSeconds(works[number], limits);
  }
  return {};
}

} // namespace

Expected<Profile> makeProfile(const PlanVariant &variant, const RunLog &log,
                              const std::vector<DispatchSample> &samples, const Limits &limits) {
  size_t perStep = variant.schedule.size();
  if (samples.size() != log.steps.size() * perStep)
    return internalError("profile: " + std::to_string(samples.size()) + " dispatches in " +
                         std::to_string(log.steps.size()) + " steps of " + std::to_string(perStep));
  Profile profile;
  profile.seconds = profile.betweenSeconds = log.seconds;
  for (const PlanKernel &kernel : variant.kernels)
    profile.kernels.push_back({kernel.name, kernel.opName, 0, 0, {}, 0});
  for (size_t i = 0; i < log.steps.size(); ++i)
    GRAPHC_RETURN_IF_ERROR(addStep(variant, log.steps[i],
                                   std::span(samples).subspan(i * perStep, perStep), limits,
                                   profile.kernels));
  std::erase_if(profile.kernels, [](const KernelProfile &kernel) { return kernel.calls == 0; });
  for (const KernelProfile &kernel : profile.kernels)
    profile.betweenSeconds -= kernel.seconds;
  std::sort(profile.kernels.begin(), profile.kernels.end(),
            [](const KernelProfile &a, const KernelProfile &b) {
              return a.lostSeconds() > b.lostSeconds();
            });
  return profile;
}

} // namespace graphc
