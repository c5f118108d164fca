// The compiler half, loaded when a command needs it.
#ifndef GRAPHC_TOOLS_GRAPHC_COMPILERLIBRARY_H
#define GRAPHC_TOOLS_GRAPHC_COMPILERLIBRARY_H

#include "runtime/base/Status.h"
#include "tools/doctor/Libraries.h"

#include <vector>

namespace graphc {

/// Runs a command of libgraphc-compiler.so, whose name is argv[0], and puts its exit code into
/// `exitCode`. The library is looked for in ../lib beside the folder of this program, then in that
/// folder itself. Unsupported when it is not there or cannot be loaded.
Status runCompilerCommand(int argc, const char *const *argv, int &exitCode);

/// Which compiler runCompilerCommand() would run: graphc's id, and size and time of the library's
/// file. Unsupported when it is not there.
Expected<std::string> compilerIdentity();

/// Names and versions of what that library is made of. Unsupported as above.
Expected<std::vector<LibraryVersion>> compilerVersions();

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_COMPILERLIBRARY_H
