// `graphc bench`: the speed of a plan beside the limits of the machine.
#include "runtime/threads/Topology.h"
#include "tools/bench/BenchReport.h"
#include "tools/bench/Benchmark.h"
#include "tools/cli/CommandLine.h"
#include "tools/cli/Defaults.h"
#include "tools/cli/Lists.h"
#include "tools/cli/Output.h"
#include "tools/cli/Signals.h"
#include "tools/cli/StatusLine.h"
#include "tools/graphc/Commands.h"
#include "tools/graphc/ModelPlan.h"

#include <algorithm>

namespace graphc {

namespace {

/// Of any number in a list.
constexpr int64_t kMost = int64_t(1) << 30;

struct BenchFlags {
  ModelFlags model;
  std::optional<std::string> prefill, decode, threads;
  std::string depths = "0", batches = "1";
  int64_t repetitions = 5;
  std::string format = "md";
  bool profile = false, quiet = false;
  std::string trace;
};

Expected<BenchFlags> parse(int argc, const char *const *argv, bool &helpShown) {
  CLI::App app("Measure how fast a plan takes prompts (pp) and generates text (tg), beside what "
               "the machine can do: the read rate of memory and the peak of its multiply-add "
               "units, measured between the repetitions. Lists are like 1,2,8.",
               "graphc bench");
  BenchFlags flags;
  addModelFlags(app, flags.model);
  app.add_option("-p,--prefill", flags.prefill,
                 "tokens of a prompt (list; default 512, or what the context leaves; 0: none)");
  app.add_option("-n,--decode", flags.decode,
                 "tokens to generate (list; default 128, or what the context leaves; 0: none)");
  app.add_option("-d,--depth", flags.depths, "tokens in the cache before (list; default 0)");
  app.add_option("-b,--batch", flags.batches, "sequences at once (list; default 1)");
  app.add_option("-t,--threads", flags.threads, "threads (list; default: one per CPU)");
  app.add_option("-r,--repetitions", flags.repetitions, "timed runs of each test (default 5)")
      ->check(CLI::Range(int64_t(1), int64_t(10000)));
  app.add_option("-o,--output", flags.format, "md, csv or json (default md)")
      ->check(CLI::IsMember({"md", "csv", "json"}));
  app.add_flag("--profile", flags.profile,
               "time every kernel, too: a table for each test, the worst kernel first");
  app.add_option("--trace", flags.trace,
                 "write what runs when to this file of Chrome trace events");
  app.add_flag("-q,--quiet", flags.quiet, "no progress");
  GRAPHC_RETURN_IF_ERROR(parseFlags(app, argc, argv, helpShown));
  if (flags.profile && flags.format == "csv")
    return usageError("--profile: a CSV has one table; give -o md or -o json");
  return flags;
}

/// The largest number of a list.
Expected<int64_t> largestOf(const char *flag, const std::string &list) {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<int64_t> numbers, parseNumberList(flag, list, 0, kMost));
  return *std::max_element(numbers.begin(), numbers.end());
}

/// The context that a model is compiled with so that the tests fit; 0: the usual one.
Expected<int64_t> contextFor(const BenchFlags &flags) {
  GRAPHC_ASSIGN_OR_RETURN(int64_t depth, largestOf("-d", flags.depths));
  GRAPHC_ASSIGN_OR_RETURN(int64_t prefill, largestOf("-p", flags.prefill.value_or("0")));
  GRAPHC_ASSIGN_OR_RETURN(int64_t decode, largestOf("-n", flags.decode.value_or("0")));
  const int64_t context = depth + std::max(prefill, decode);
  return context > kDefaultContext ? context : 0;
}

Expected<BenchOptions> benchOptions(const BenchFlags &flags, const PlanHeader &header) {
  BenchOptions options;
  options.repetitions = flags.repetitions;
  options.profile = flags.profile;
  GRAPHC_ASSIGN_OR_RETURN(options.depths, parseNumberList("-d", flags.depths, 0, kMost));
  GRAPHC_ASSIGN_OR_RETURN(options.batches, parseNumberList("-b", flags.batches, 1, kMost));
  int cpus = availableCpus();
  GRAPHC_ASSIGN_OR_RETURN(
      options.threads,
      parseNumberList("-t", flags.threads.value_or(std::to_string(cpus)), 1, cpus));
  int64_t deepest = *std::max_element(options.depths.begin(), options.depths.end());
  GRAPHC_ASSIGN_OR_RETURN(
      options.prefill,
      parseNumberList("-p", flags.prefill.value_or(std::to_string(defaultPrefill(header, deepest))),
                      0, kMost));
  GRAPHC_ASSIGN_OR_RETURN(
      options.decode,
      parseNumberList("-n", flags.decode.value_or(std::to_string(defaultDecode(header, deepest))),
                      0, kMost));
  return options;
}

/// Where it is, on a line that goes away; results as they come.
class Progress : public BenchListener {
public:
  explicit Progress(bool shown) : shown(shown), line(shown) {}

  void onProgress(const std::string &text) override { line.show(text, /*now=*/true); }

  void onResult(const BenchResult &result) override {
    line.clear();
    if (shown)
      writeNote(resultLine(result));
  }

private:
  bool shown;
  StatusLine line;
};

std::string report(const std::string &format, const std::vector<BenchResult> &results) {
  if (format == "json")
    return benchJson(results).dump() + "\n";
  return format == "csv" ? benchCsv(results) : benchMarkdown(results);
}

} // namespace

Status benchCommand(int argc, const char *const *argv) {
  bool helpShown = false;
  GRAPHC_ASSIGN_OR_RETURN(BenchFlags flags, parse(argc, argv, helpShown));
  if (helpShown)
    return {};
  GRAPHC_ASSIGN_OR_RETURN(int64_t context, contextFor(flags));
  GRAPHC_ASSIGN_OR_RETURN(Plan plan, openPlanOrModel(flags.model, context, {}, flags.quiet));
  const std::atomic<bool> &cancel = installSignalHandlers();
  GRAPHC_ASSIGN_OR_RETURN(BenchOptions options, benchOptions(flags, plan.header()));
  std::optional<TraceFile> trace;
  if (!flags.trace.empty()) {
    GRAPHC_ASSIGN_OR_RETURN(trace, TraceFile::create(flags.trace));
  }
  Progress progress(!flags.quiet);
  GRAPHC_ASSIGN_OR_RETURN(std::vector<BenchResult> results,
                          runBenchmark(plan, options, cancel, progress, trace ? &*trace : nullptr));
  if (trace)
    GRAPHC_RETURN_IF_ERROR(trace->finish());
  return writeOut(report(flags.format, results));
}

} // namespace graphc
