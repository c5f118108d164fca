#include "runtime/plan/OutputFile.h"

#include "runtime/plan/TemporaryFile.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace graphc {

/// Whether something is there that must not be replaced by a rename, and is no folder.
static bool isWrittenDirectly(const std::string &path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode))
    return false;
  return !S_ISREG(info.st_mode) || path.starts_with("/dev/") || path.starts_with("/proc/");
}

/// Does not wait for somebody to read from a pipe.
static int openDirectly(const std::string &path) {
  int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
  if (file >= 0)
    ::fcntl(file, F_SETFL, ::fcntl(file, F_GETFL) & ~O_NONBLOCK);
  return file;
}

/// Gives a file the permissions of another one, if that is there.
static void copyPermissions(const std::string &from, int file) {
  struct stat info = {};
  if (::stat(from.c_str(), &info) == 0)
    ::fchmod(file, info.st_mode & 07777);
}

void OutputFile::Remover::operator()(std::string *path) const {
  ::unlink(path->c_str());
  delete path;
}

Status OutputFile::systemError(const char *action) const {
  return resourceError(path + ": cannot " + action + ": " +
                       (errno == ENXIO ? "nobody reads from it" : std::strerror(errno)));
}

Expected<OutputFile> OutputFile::create(const std::string &path) {
  OutputFile output(path);
  int file = -1;
  if (isWrittenDirectly(path)) {
    file = openDirectly(path);
  } else {
    GRAPHC_ASSIGN_OR_RETURN(output.target, resolveTarget(path));
    GRAPHC_ASSIGN_OR_RETURN(TemporaryFile created, createTemporaryBeside(output.target));
    output.temporary.reset(new std::string(created.path));
    file = created.file;
    copyPermissions(output.target, file);
  }
  if (file < 0)
    return output.systemError("open it");
  output.file.reset(::fdopen(file, "wb"));
  if (output.file)
    return output;
  Status status = output.systemError("open it");
  ::close(file);
  return status;
}

Status OutputFile::write(std::string_view bytes) {
  return std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size()
             ? Status()
             : systemError("write to it");
}

Status OutputFile::finish() {
  if (std::fflush(file.get()) != 0 || std::fclose(file.release()) != 0)
    return systemError("write to it");
  if (!temporary)
    return {};
  if (::rename(temporary->c_str(), target.c_str()) != 0)
    return systemError("rename the finished file");
  delete temporary.release();
  return {};
}

Status writeOutputFile(const std::string &path, std::string_view text) {
  GRAPHC_ASSIGN_OR_RETURN(OutputFile file, OutputFile::create(path));
  GRAPHC_RETURN_IF_ERROR(file.write(text));
  return file.finish();
}

} // namespace graphc
