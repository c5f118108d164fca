// `graphc doctor`: what the machine is, what it can do, and what graphc is made of.
#include "runtime/threads/Tuning.h"
#include "tools/cli/CommandLine.h"
#include "tools/cli/Lists.h"
#include "tools/cli/Output.h"
#include "tools/cli/Signals.h"
#include "tools/cli/StatusLine.h"
#include "tools/doctor/DoctorReport.h"
#include "tools/graphc/Commands.h"
#include "tools/graphc/CompilerLibrary.h"

#include <algorithm>

namespace graphc {

namespace {

struct DoctorFlags {
  std::string threads;
  bool json = false, quiet = false, noLimits = false;
};

Expected<std::vector<int>> threadCounts(const DoctorFlags &flags, int cpus) {
  if (flags.threads.empty())
    return usualThreadCounts(cpus);
  GRAPHC_ASSIGN_OR_RETURN(
      std::vector<int64_t> list,
      parseNumberList("-t", flags.threads, 1, std::min(cpus, tuning::kMaxThreads)));
  return std::vector<int>(list.begin(), list.end());
}

void addCompiler(DoctorReport &report) {
  Expected<std::vector<LibraryVersion>> versions = compilerVersions();
  if (versions.ok())
    report.libraries.insert(report.libraries.end(), versions->begin(), versions->end());
  else
    report.notes.push_back("plans can be run but not compiled: " + versions.status().message());
}

} // namespace

Status doctorCommand(int argc, const char *const *argv) {
  CLI::App app("Say what this machine is, what it can do, and what graphc is made of. Measuring "
               "takes a few seconds; the figures are those of a quiet machine only on one.",
               "graphc doctor");
  DoctorFlags flags;
  bool helpShown = false;
  app.add_option("-t,--threads", flags.threads,
                 "numbers of threads to measure with, e.g. 1,2 (default: 1, 2, 4, ... and all)");
  app.add_flag("--no-limits", flags.noLimits, "do not measure");
  app.add_flag("--json", flags.json, "print JSON");
  app.add_flag("-q,--quiet", flags.quiet, "no progress");
  GRAPHC_RETURN_IF_ERROR(parseFlags(app, argc, argv, helpShown));
  if (helpShown)
    return {};
  const std::atomic<bool> &cancel = installSignalHandlers();
  DoctorReport report = DoctorReport::ofThisMachine();
  addCompiler(report);
  GRAPHC_ASSIGN_OR_RETURN(std::vector<int> threads, threadCounts(flags, report.machine.usableCpus));
  if (!flags.noLimits) {
    StatusLine line(!flags.quiet);
    GRAPHC_ASSIGN_OR_RETURN(report.limits,
                            measureLimits(threads, cancel, [&](const std::string &what) {
                              line.show("measuring: " + what, /*now=*/true);
                            }));
  }
  return writeOut(flags.json ? report.json().dump() + "\n" : report.text());
}

} // namespace graphc
