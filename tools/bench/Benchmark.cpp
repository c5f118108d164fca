#include "tools/bench/Benchmark.h"

#include <algorithm>

namespace graphc {

namespace {

double ratio(double value, double of) { return of > 0 ? value / of : 0; }

/// The cases that share a number of threads, and so a session and its meter.
class ThreadRun {
public:
  ThreadRun(const Plan &plan, const BenchOptions &options, const std::atomic<bool> &cancel,
            BenchListener &listener, TraceFile *trace)
      : plan(plan), options(options), cancel(cancel), listener(listener), trace(trace) {}

  Status run(std::span<const BenchCase> cases, std::vector<BenchResult> &results) {
    auto threads = static_cast<int>(cases.front().threads);
    SessionOptions sized =
        sessionOptionsFor(cases, SessionOptions{.threads = threads, .cancel = &cancel});
    GRAPHC_ASSIGN_OR_RETURN(session, Session::create(plan, sized));
    listener.onProgress("measuring the machine, " + std::to_string(threads) + " threads");
    GRAPHC_ASSIGN_OR_RETURN(
        LimitMeter created,
        LimitMeter::create(threads, CpuFeatures(plan.variant()->features), options.readBytes));
    meter.emplace(std::move(created));
    workload.emplace(*session);
    for (const BenchCase &benchCase : cases) {
      BenchResult result{.what = benchCase, .work = {}, .repetitions = {}, .profile = {}};
      GRAPHC_RETURN_IF_ERROR(runCase(result));
      listener.onResult(result);
      results.push_back(std::move(result));
    }
    return {};
  }

private:
  Status runCase(BenchResult &result) {
    const BenchCase &what = result.what;
    listener.onProgress(what.text() + ": filling the cache");
    GRAPHC_RETURN_IF_ERROR(workload->reach(what.batch, what.depth));
    listener.onProgress(what.text() + ": warming up");
    GRAPHC_RETURN_IF_ERROR(warmUp(what));
    Limits before, after;
    for (int64_t i = 0; i < options.repetitions; ++i) {
      listener.onProgress(what.text() + ": repetition " + std::to_string(i + 1) + " of " +
                          std::to_string(options.repetitions));
      before = i == 0 ? meter->measure(mainType) : after;
      GRAPHC_ASSIGN_OR_RETURN(RunLog log, workload->run(what));
      after = meter->measure(mainType);
      GRAPHC_ASSIGN_OR_RETURN(result.work, totalWork(*plan.variant(), log.steps));
      result.repetitions.push_back({log.seconds, betterOf(before, after)});
    }
    return options.profile || trace ? runProfile(result, after) : Status();
  }

  /// A run of which nothing is kept but which type has most operations.
  Status warmUp(BenchCase what) {
    constexpr int64_t kWarmUpSteps = 4;
    if (!what.prefill)
      what.tokens = std::min(what.tokens, kWarmUpSteps);
    GRAPHC_ASSIGN_OR_RETURN(RunLog log, workload->run(what));
    GRAPHC_ASSIGN_OR_RETURN(Work work, totalWork(*plan.variant(), log.steps));
    mainType = work.mainType();
    return {};
  }

  Status runProfile(BenchResult &result, const Limits &before) {
    listener.onProgress(result.what.text() + ": timing the kernels");
    DispatchRecorder recorder;
    session->observe(&recorder);
    Expected<RunLog> log = workload->run(result.what);
    session->observe(nullptr);
    GRAPHC_RETURN_IF_ERROR(log.status());
    Limits limits = betterOf(before, meter->measure(mainType));
    if (options.profile) {
      GRAPHC_ASSIGN_OR_RETURN(result.profile,
                              makeProfile(*plan.variant(), *log, recorder.samples, limits));
    }
    return trace ? trace->add(result.what.text(), *plan.variant(), *log, recorder.samples, limits)
                 : Status();
  }

  const Plan &plan;
  const BenchOptions &options;
  const std::atomic<bool> &cancel;
  BenchListener &listener;
  TraceFile *trace;
  std::unique_ptr<Session> session;
  std::optional<LimitMeter> meter;
  std::optional<Workload> workload; ///< Uses the session: destroyed before it.
  size_t mainType = 0;
};

} // namespace

BenchFigures figuresOf(const BenchResult &result) {
  std::vector<double> rates, fractions, gbps, read, gops, peak;
  auto tokens = static_cast<double>(result.what.tokens * result.what.batch);
  double operations = result.work.allOperations();
  for (const Repetition &repetition : result.repetitions) {
    rates.push_back(ratio(tokens, repetition.seconds));
    fractions.push_back(ratio(limitSeconds(result.work, repetition.limits), repetition.seconds));
    gbps.push_back(ratio(result.work.bytes, repetition.seconds) / 1e9);
    read.push_back(repetition.limits.readGbps);
    gops.push_back(ratio(operations, repetition.seconds) / 1e9);
    peak.push_back(ratio(operations, computeSeconds(result.work, repetition.limits)) / 1e9);
  }
  return {summarize(rates), medianOf(fractions), medianOf(gbps),
          medianOf(read),   medianOf(gops),      medianOf(peak)};
}

Expected<std::vector<BenchResult>> runBenchmark(const Plan &plan, const BenchOptions &options,
                                                const std::atomic<bool> &cancel,
                                                BenchListener &listener, TraceFile *trace) {
  std::vector<BenchCase> cases = benchCases(options);
  for (const BenchCase &benchCase : cases)
    GRAPHC_RETURN_IF_ERROR(checkCase(benchCase, plan.header()));
  if (cases.empty())
    return usageError(
        "nothing to measure: -p and -n are both 0, or -d leaves no room in the plan's "
        "context of " +
        std::to_string(plan.header().context));
  std::vector<BenchResult> results;
  for (auto begin = cases.begin(); begin != cases.end();) {
    auto end = std::find_if(begin, cases.end(), [&](const BenchCase &benchCase) {
      return benchCase.threads != begin->threads;
    });
    ThreadRun run(plan, options, cancel, listener, trace);
    GRAPHC_RETURN_IF_ERROR(run.run(std::span(begin, end), results));
    begin = end;
  }
  return results;
}

} // namespace graphc
