// Plans for commands that take a plan or a model.
#ifndef GRAPHC_TOOLS_GRAPHC_MODELPLAN_H
#define GRAPHC_TOOLS_GRAPHC_MODELPLAN_H

#include "runtime/base/Status.h"
#include "runtime/plan/Plan.h"
#include "tools/cli/CommandLine.h"

#include <string>
#include <vector>

namespace graphc {

/// What a command is told of the plan that it runs.
struct ModelFlags {
  std::string path; ///< A plan, or a model.
  bool noCache = false;
  /// Of each of compile's flags that can be given (ModelPlan.cpp), its values.
  std::vector<std::vector<std::string>> values;
};

/// The argument PLAN, and those of compile's flags that matter for a model. The flags must outlive
/// the parsing.
void addModelFlags(CLI::App &app, ModelFlags &flags);

/// Opens the plan; or, where `flags.path` is a model, that of the cache, which is compiled first if
/// it is not there (or damaged). Then `context`, if not 0, is the plan's. Of several processes one
/// compiles and the others wait. Where there is no cache, as in a read-only home, the plan is made
/// for this run alone.
///
/// Usage when compile's flags are given for a plan. Failures of the compiler have been printed.
Expected<Plan> openPlanOrModel(const ModelFlags &flags, int64_t context,
                               const PlanOpenOptions &options, bool quiet);

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_MODELPLAN_H
