// Runs as Chrome trace events, for chrome://tracing or ui.perfetto.dev.
#ifndef GRAPHC_TOOLS_BENCH_TRACE_H
#define GRAPHC_TOOLS_BENCH_TRACE_H

#include "runtime/base/Json.h"
#include "runtime/plan/OutputFile.h"
#include "tools/bench/Profile.h"

#include <span>
#include <string>
#include <vector>

namespace graphc {

/// Writes a file of trace events: a row for each run, in it its steps, in them their dispatches by
/// the names of their places in the network ("layer 3 attn.qkv"). The arguments of an event are the
/// figures of a profile, of this event alone.
class TraceFile {
public:
  /// Begins the file, which appears with finish(). Fails as OutputFile::create() does.
  static Expected<TraceFile> create(const std::string &path);

  /// Adds a run. `samples` are those of the run that `log` tells of, `limits` those of the machine
  /// at that time. Fails as makeProfile() does.
  Status add(const std::string &name, const PlanVariant &variant, const RunLog &log,
             const std::vector<DispatchSample> &samples, const Limits &limits);

  /// Writes the end. Resources when anything could not be written.
  Status finish();

private:
  explicit TraceFile(OutputFile out) : out(std::move(out)) {}

  void addStep(const std::string &name, const PlanVariant &variant, const std::vector<Work> &works,
               std::span<const DispatchSample> samples, const Limits &limits);
  void writeEvent(const Json &event);
  void write(std::string_view text);

  OutputFile out;
  Status failure; ///< Of the first write that failed.
  int64_t runs = 0;
  std::string separator;
  DispatchObserver::Time start; ///< Of the first event.
};

} // namespace graphc

#endif // GRAPHC_TOOLS_BENCH_TRACE_H
