#include "runtime/base/CpuFeatures.h"
#include "runtime/base/Json.h"
#include "runtime/base/Version.h"
#include "runtime/plan/PlanFormat.h"
#include "tools/cli/CommandLine.h"
#include "tools/cli/Output.h"
#include "tools/graphc/Commands.h"

namespace graphc {

Status versionCommand(int argc, const char *const *argv) {
  CLI::App app("Say which graphc this is, and what it sees of this machine", "graphc version");
  bool json = false, helpShown = false;
  app.add_flag("--json", json, "print JSON");
  GRAPHC_RETURN_IF_ERROR(parseFlags(app, argc, argv, helpShown));
  if (helpShown)
    return {};
  CpuFeatures host = CpuFeatures::host();
  const CpuLevel *level = host.bestLevel();
  std::string levelName(level ? level->name : "none");
  if (json)
    return writeOut(Json{{"schema", 1},
                         {"version", graphcId()},
                         {"plan_format", kPlanFormatVersion},
                         {"architecture", hostArchitecture()},
                         {"level", levelName},
                         {"features", host.names()}}
                        .dump() +
                    "\n");
  return writeOut(std::string(graphcId()) + "\nplan format " + std::to_string(kPlanFormatVersion) +
                  "\nthis machine: " + std::string(hostArchitecture()) + ", level " + levelName +
                  "\n");
}

} // namespace graphc
