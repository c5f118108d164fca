#include "tools/bench/Trace.h"

#include <cerrno>
#include <cstring>

namespace graphc {

namespace {

double microseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

Json event(const std::string &name, const std::string &category, int64_t row,
           DispatchObserver::Time start, DispatchObserver::Time begin, DispatchObserver::Time end) {
  return {{"name", name},
          {"cat", category},
          {"ph", "X"},
          {"pid", 1},
          {"tid", row},
          {"ts", microseconds(begin - start)},
          {"dur", microseconds(end - begin)}};
}

} // namespace

Expected<TraceFile> TraceFile::create(const std::string &path) {
  std::ofstream out(path);
  if (!out)
    return resourceError(path + ": cannot create the file: " + std::strerror(errno));
  out << "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [";
  return TraceFile(path, std::move(out));
}

void TraceFile::write(const Json &json) {
  out << separator << "\n" << json.dump(-1, ' ', false, Json::error_handler_t::replace);
  separator = ",";
}

void TraceFile::add(const std::string &name, const PlanVariant &variant, const RunLog &log,
                    const std::vector<DispatchSample> &samples) {
  if (samples.empty())
    return;
  if (runs++ == 0)
    start = samples.front().begin;
  write({{"name", "thread_name"},
         {"ph", "M"},
         {"pid", 1},
         {"tid", runs},
         {"args", {{"name", name}}}});
  size_t perStep = samples.size() / log.steps.size();
  for (size_t i = 0; i < samples.size(); ++i) {
    if (i % perStep == 0) {
      const DispatchSample &last = samples[std::min(i + perStep, samples.size()) - 1];
      write(event("step " + std::to_string(i / perStep), "step", runs, start, samples[i].begin,
                  last.end));
    }
    const PlanDispatch &dispatch = variant.schedule[samples[i].number];
    const PlanKernel &kernel = variant.kernels[dispatch.kernel];
    Json json =
        event(dispatch.location, kernel.opName, runs, start, samples[i].begin, samples[i].end);
    json["args"] = {{"kernel", kernel.name}};
    write(json);
  }
}

Status TraceFile::finish() {
  out << "\n]}\n";
  out.close();
  return out ? Status() : resourceError(path + ": cannot write the trace");
}

} // namespace graphc
