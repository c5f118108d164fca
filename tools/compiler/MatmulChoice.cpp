#include "tools/compiler/MatmulChoice.h"

#include "runtime/base/CpuFeatures.h"
#include "runtime/exec/CodeObject.h"
#include "runtime/exec/ProductLibrary.h"
#include "tools/trial/KernelTrial.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

namespace graphc {

namespace {

/// Each way runs as often in turn, and its fastest run counts: whatever else the machine does only
/// takes time.
constexpr int kRepetitions = 5;

Expected<double> millisecondsOf(const std::function<Status()> &run) {
  auto begin = std::chrono::steady_clock::now();
  GRAPHC_RETURN_IF_ERROR(run());
  auto end = std::chrono::steady_clock::now();
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

/// Times both ways of a kernel.
Expected<PlanTrial> timeBoth(const KernelEntry &entry, const StepBounds &bounds,
                             const CodeObject &code, ThreadPool &pool) {
  const PlanProduct &plan = entry.product->plan;
  int64_t rows = std::min(bounds.tokens, bounds.cached); // one sequence from its beginning
  GRAPHC_ASSIGN_OR_RETURN(KernelFn kernel, code.kernel(entry.symbol));
  GRAPHC_ASSIGN_OR_RETURN(KernelFn epilogue, code.kernel(plan.epilogue));
  GRAPHC_ASSIGN_OR_RETURN(ProductRunner runner,
                          ProductRunner::create(plan, epilogue, bounds.tokens));
  GRAPHC_ASSIGN_OR_RETURN(KernelTrial trial,
                          KernelTrial::create(entry, bounds, {.threads = pool.size()}));
  PlanTrial result{rows, pool.size(), 1e300, 1e300};
  for (int i = 0; i <= kRepetitions; ++i) {
    GRAPHC_ASSIGN_OR_RETURN(double generated, millisecondsOf([&]() -> Status {
                              trial.run(kernel, rows, pool);
                              return {};
                            }));
    GRAPHC_ASSIGN_OR_RETURN(double provided,
                            millisecondsOf([&] { return trial.run(runner, rows, pool); }));
    if (i == 0)
      continue; // memory is touched and products are made ready
    result.generated = std::min(result.generated, generated);
    result.provided = std::min(result.provided, provided);
  }
  return result;
}

std::string timesText(const PlanTrial &trial) {
  char text[160];
  std::snprintf(text, sizeof text,
                "%.3f ms generated, %.3f ms with oneDNN; %lld rows, %lld threads", trial.generated,
                trial.provided, static_cast<long long>(trial.rows),
                static_cast<long long>(trial.threads));
  return text;
}

/// Why nothing can be measured; ok if it can.
Status canMeasure(const Target &target) {
  if (!CpuFeatures::host().missing(target.features()).empty())
    return unsupported("the plan is for another machine, where the two could not be compared");
  return loadProductProvider(kOneDnnProvider).status();
}

/// Decides, kernel by kernel, and tells the report.
class Choice {
public:
  explicit Choice(FusionReport &report) : report(report) {}

  void take(KernelEntry &entry, const std::string &reason) {
    report.matmuls.push_back({entry.kernel.getSymName().str(), kOneDnnProvider, reason});
  }
  void keepGenerated(KernelEntry &entry, const std::string &reason) {
    report.matmuls.push_back({entry.kernel.getSymName().str(), "generated", reason});
    entry.product.reset();
  }
  void byTimes(KernelEntry &entry, const Expected<PlanTrial> &trial) {
    if (!trial.ok())
      return keepGenerated(entry, trial.status().message());
    entry.trial = *trial;
    if (trial->generated <= trial->provided)
      return keepGenerated(entry, timesText(*trial));
    take(entry, timesText(*trial));
  }

private:
  FusionReport &report;
};

} // namespace

Status chooseMatmuls(const std::string &choice, EmittedKernels &kernels, const StepBounds &bounds,
                     const Target &target, std::span<const std::byte> code, int threads,
                     FusionReport &report) {
  Choice decide(report);
  std::vector<KernelEntry *> candidates;
  for (KernelEntry &entry : kernels.entries) {
    if (entry.product)
      candidates.push_back(&entry);
  }
  if (choice != "auto" || candidates.empty()) {
    for (KernelEntry *entry : candidates)
      decide.take(*entry, "--matmul=" + choice);
    return {};
  }
  if (Status status = canMeasure(target); !status.ok()) {
    for (KernelEntry *entry : candidates)
      decide.keepGenerated(*entry, status.message());
    return {};
  }
  GRAPHC_ASSIGN_OR_RETURN(CodeObject object, CodeObject::load(code, "the kernels"));
  GRAPHC_ASSIGN_OR_RETURN(std::unique_ptr<ThreadPool> pool, ThreadPool::create(threads));
  for (KernelEntry *entry : candidates)
    decide.byTimes(*entry, timeBoth(*entry, bounds, object, *pool));
  return {};
}

} // namespace graphc
