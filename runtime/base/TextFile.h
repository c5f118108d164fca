// Whole text files, and what is sometimes found in their place.
#ifndef GRAPHC_RUNTIME_BASE_TEXTFILE_H
#define GRAPHC_RUNTIME_BASE_TEXTFILE_H

#include "runtime/base/Status.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace graphc {

/// Reads a whole text file of at most `maxBytes`.
Expected<std::string> readTextFile(const std::string &path, size_t maxBytes = size_t(1) << 30);

/// The message for a file that is an HTML page or a Git LFS pointer, or empty.
std::string describeForeignContent(std::string_view bytes);

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_TEXTFILE_H
