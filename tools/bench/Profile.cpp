#include "tools/bench/Profile.h"

#include <algorithm>

namespace graphc {

namespace {

/// Adds the dispatches of one step, `samples`, to the profiles of their kernels.
Status addStep(const PlanVariant &variant, const StepShapes &step,
               std::span<const DispatchSample> samples, const Limits &limits,
               std::vector<KernelProfile> &kernels) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<Work> works, kernelWorks(variant, step));
  for (const DispatchSample &sample : samples) {
    uint32_t number = variant.schedule[sample.number].kernel;
    KernelProfile &kernel = kernels[number];
    ++kernel.calls;
    kernel += {sample.seconds(), works[number], limitSeconds(works[number], limits)};
  }
  return {};
}

} // namespace

TimedWork &TimedWork::operator+=(const TimedWork &other) {
  seconds += other.seconds;
  work += other.work;
  limitSeconds += other.limitSeconds;
  return *this;
}

Status checkSamples(const PlanVariant &variant, const RunLog &log,
                    const std::vector<DispatchSample> &samples) {
  size_t perStep = variant.schedule.size();
  if (samples.size() == log.steps.size() * perStep)
    return {};
  return internalError("profile: " + std::to_string(samples.size()) + " dispatches in " +
                       std::to_string(log.steps.size()) + " steps of " + std::to_string(perStep));
}

Expected<Profile> makeProfile(const PlanVariant &variant, const RunLog &log,
                              const std::vector<DispatchSample> &samples, const Limits &limits) {
  GRAPHC_RETURN_IF_ERROR(checkSamples(variant, log, samples));
  size_t perStep = variant.schedule.size();
  Profile profile;
  profile.seconds = profile.betweenSeconds = log.seconds;
  for (const PlanKernel &kernel : variant.kernels)
    profile.kernels.push_back({{}, kernel.name, kernel.opName, 0});
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
