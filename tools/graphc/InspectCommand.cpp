// `graphc inspect`: what is in a plan, without running it.
#include "runtime/plan/PlanSources.h"
#include "tools/cli/CommandLine.h"
#include "tools/cli/Output.h"
#include "tools/graphc/Commands.h"
#include "tools/graphc/PlanReport.h"

namespace graphc {

Status inspectCommand(int argc, const char *const *argv) {
  CLI::App app("Say what is in a plan: sections, code, memory, kernels, cost of a decode step.",
               "graphc inspect");
  std::string path;
  PlanOpenOptions options{.verifyWeights = false, .anyMachine = true};
  std::vector<std::string> sources;
  bool json = false, verbose = false, helpShown = false;
  app.add_option("PLAN", path, "the plan, as written by 'graphc compile'")->required();
  app.add_flag("--json", json, "print JSON, the plan's whole header included");
  app.add_flag("--verify-weights", options.verifyWeights, "check the weights' hash too");
  app.add_option("--sources", sources,
                 "check that the files in this folder are those that the plan was compiled from "
                 "(repeatable)")
      ->allow_extra_args(false);
  app.add_flag("-v,--verbose", verbose, "list every weight");
  GRAPHC_RETURN_IF_ERROR(parseFlags(app, argc, argv, helpShown));
  if (helpShown)
    return {};
  GRAPHC_ASSIGN_OR_RETURN(Plan plan, Plan::open(path, options));
  if (!sources.empty())
    GRAPHC_RETURN_IF_ERROR(checkSources(plan.header().model, sources).withContext(path));
  GRAPHC_ASSIGN_OR_RETURN(PlanReport report, PlanReport::of(plan));
  return writeOut(json ? jsonText(report.json()) + "\n" : report.text(verbose));
}

} // namespace graphc
