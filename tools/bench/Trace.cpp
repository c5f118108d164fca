#include "tools/bench/Trace.h"

namespace graphc {

namespace {

double microseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

Json event(const std::string &name, const std::string &category, int64_t row,
           DispatchObserver::Time start, DispatchObserver::Time begin, DispatchObserver::Time end,
           Json args) {
  return {{"name", name},
          {"cat", category},
          {"ph", "X"},
          {"pid", 1},
          {"tid", row},
          {"ts", microseconds(begin - start)},
          {"dur", microseconds(end - begin)},
          {"args", std::move(args)}};
}

/// What a profile says of a kernel, of one event.
Json figures(const TimedWork &timed) {
  return {{"bytes", timed.work.bytes},
          {"operations", timed.work.allOperations()},
          {"gbps", timed.gbps()},
          {"gops", timed.gops()},
          {"limit_fraction", timed.limitFraction()}};
}

} // namespace

Expected<TraceFile> TraceFile::create(const std::string &path) {
  GRAPHC_ASSIGN_OR_RETURN(OutputFile out, OutputFile::create(path));
  TraceFile trace(std::move(out));
  trace.write("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [");
  return trace;
}

void TraceFile::write(std::string_view text) {
  if (failure.ok())
    failure = out.write(text);
}

void TraceFile::writeEvent(const Json &json) {
  write(separator + "\n" + jsonText(json));
  separator = ",";
}

Status TraceFile::add(const std::string &name, const PlanVariant &variant, const RunLog &log,
                      const std::vector<DispatchSample> &samples, const Limits &limits) {
  GRAPHC_RETURN_IF_ERROR(checkSamples(variant, log, samples));
  if (samples.empty())
    return {};
  if (runs++ == 0)
    start = samples.front().begin;
  writeEvent({{"name", "thread_name"},
              {"ph", "M"},
              {"pid", 1},
              {"tid", runs},
              {"args", {{"name", name}}}});
  size_t perStep = variant.schedule.size();
  for (size_t i = 0; i < log.steps.size(); ++i) {
    GRAPHC_ASSIGN_OR_RETURN(std::vector<Work> works, kernelWorks(variant, log.steps[i]));
    addStep("step " + std::to_string(i), variant, works,
            std::span(samples).subspan(i * perStep, perStep), limits);
  }
  return {};
}

void TraceFile::addStep(const std::string &name, const PlanVariant &variant,
                        const std::vector<Work> &works, std::span<const DispatchSample> samples,
                        const Limits &limits) {
  TimedWork whole;
  std::vector<Json> dispatches;
  for (const DispatchSample &sample : samples) {
    const PlanDispatch &dispatch = variant.schedule[sample.number];
    const PlanKernel &kernel = variant.kernels[dispatch.kernel];
    const Work &work = works[dispatch.kernel];
    TimedWork timed{sample.seconds(), work, limitSeconds(work, limits)};
    whole += timed;
    Json args = figures(timed);
    args["kernel"] = kernel.name;
    dispatches.push_back(event(dispatch.location, kernel.opName, runs, start, sample.begin,
                               sample.end, std::move(args)));
  }
  DispatchSample step{0, samples.front().begin, samples.back().end};
  whole.seconds = step.seconds(); // and what is between the dispatches
  writeEvent(event(name, "step", runs, start, step.begin, step.end, figures(whole)));
  for (const Json &dispatch : dispatches)
    writeEvent(dispatch);
}

Status TraceFile::finish() {
  write("\n]}\n");
  return failure.ok() ? out.finish() : failure;
}

} // namespace graphc
