// What happens when a mapped file is cut short while it is in use.
#ifndef GRAPHC_RUNTIME_BASE_MAPPEDFILEGUARD_H
#define GRAPHC_RUNTIME_BASE_MAPPEDFILEGUARD_H

#include <cstddef>
#include <string>

namespace graphc {

/// Installs a SIGBUS handler for the process: an access to a mapped file (MappedFile) whose bytes
/// have gone ends the process with exit code 3 and a message that names the file; every other
/// SIGBUS does what it would have done. For programs; a library leaves the choice to its host.
void installMappedFileGuard();

namespace detail {
/// Called by MappedFile. Files beyond a fixed number are not guarded.
void guardRange(const std::byte *data, size_t size, const std::string &name);
void unguardRange(const std::byte *data);
} // namespace detail

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_MAPPEDFILEGUARD_H
