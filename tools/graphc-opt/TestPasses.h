// Passes that exist for tests of the tools only.
#ifndef GRAPHC_TOOLS_GRAPHC_OPT_TESTPASSES_H
#define GRAPHC_TOOLS_GRAPHC_OPT_TESTPASSES_H

namespace graphc {

/// --graphc-test-crash: aborts, as a bug in a pass would.
void registerTestPasses();

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_OPT_TESTPASSES_H
