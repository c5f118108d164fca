// The commands that need the compiler.
#ifndef GRAPHC_TOOLS_COMPILER_COMMANDS_H
#define GRAPHC_TOOLS_COMPILER_COMMANDS_H

#include "runtime/base/Status.h"
#include "tools/compiler/Settings.h"

namespace mlir {
class MLIRContext;
} // namespace mlir

namespace graphc {

Status runCompile(const CompileCommand &command);
Status runDump(const DumpCommand &command);

/// Loads the dialects that a compile needs and sends diagnostics to stderr; remarks only when the
/// settings ask for them.
void prepareContext(mlir::MLIRContext &context, const CompileSettings &settings);

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_COMMANDS_H
