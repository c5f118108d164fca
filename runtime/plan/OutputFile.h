// Files that commands write beside their output: results, traces, reports, conversations.
#ifndef GRAPHC_RUNTIME_PLAN_OUTPUTFILE_H
#define GRAPHC_RUNTIME_PLAN_OUTPUTFILE_H

#include "runtime/base/Status.h"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace graphc {

/// A file that appears complete or not at all: it is written beside its place and renamed at the
/// end, with the permissions of what it replaces. What stands there and is no regular file, a pipe
/// or a device, is written to directly; so is what /dev and /proc name, the standard output among
/// them.
class OutputFile {
public:
  /// Usage where a folder is in the way or there is none to write into; Resources when the system
  /// refuses, or nobody reads from the pipe.
  static Expected<OutputFile> create(const std::string &path);
  /// Resources when the system refuses.
  Status write(std::string_view bytes);
  /// Puts the file in its place. Without it, nothing is left.
  Status finish();

private:
  struct Closer {
    void operator()(std::FILE *file) const { std::fclose(file); }
  };
  struct Remover {
    void operator()(std::string *path) const;
  };

  explicit OutputFile(std::string path) : path(std::move(path)) {}
  Status systemError(const char *action) const;

  std::string path;   ///< As the user named it.
  std::string target; ///< Where symbolic links lead.
  /// What is renamed, and removed if it is not; null: the target is written to directly.
  std::unique_ptr<std::string, Remover> temporary;
  std::unique_ptr<std::FILE, Closer> file;
};

/// Writes all of a file at once.
Status writeOutputFile(const std::string &path, std::string_view text);

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_OUTPUTFILE_H
