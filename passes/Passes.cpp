#include "passes/Passes.h"

#include "passes/Pipelines.h"

namespace graphc {

#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"

void registerGraphcPasses() {
  registerGraphcRewritePasses();
  registerPipelines();
}

} // namespace graphc
