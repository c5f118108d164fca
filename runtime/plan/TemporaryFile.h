// Temporary files beside the file that they will become.
#ifndef GRAPHC_RUNTIME_PLAN_TEMPORARYFILE_H
#define GRAPHC_RUNTIME_PLAN_TEMPORARYFILE_H

#include "runtime/base/Status.h"

#include <string>

namespace graphc {

struct TemporaryFile {
  std::string path;
  int file = -1; ///< Open for reading and writing, locked; owned by the caller.
};

/// The file that `path` means: symbolic links followed. Fails with Usage when something that is not
/// a regular file is there, or its folder is absent.
Expected<std::string> resolveTarget(const std::string &path);

/// Creates "<folder>/.<name>.gcplan-tmp-<random>", with the permissions a new file gets, and an
/// exclusive lock that lasts as long as it is open. First removes the temporary files of this kind
/// in the folder whose lock nobody holds: those of writers that were killed.
Expected<TemporaryFile> createTemporaryBeside(const std::string &target);

/// Makes a rename in the folder of `path` durable, where the file system can.
void syncFolderOf(const std::string &path);

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_TEMPORARYFILE_H
