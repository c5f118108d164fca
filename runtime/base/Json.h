// JSON from untrusted files: nlohmann's parser behind limits, and typed access whose errors name
// file, key, found and expected value.
#ifndef GRAPHC_RUNTIME_BASE_JSON_H
#define GRAPHC_RUNTIME_BASE_JSON_H

#include "runtime/base/Status.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace graphc {

using Json = nlohmann::json;

struct JsonLimits {
  size_t maxBytes = size_t(256) << 20;
  int maxDepth = 64;
};

/// Parses one document. Refuses invalid UTF-8, duplicate keys, nesting deeper than the limit,
/// trailing bytes, and inputs larger than the limit: BadInput with `what` (the file's name), line
/// and column.
Expected<Json> parseJson(std::string_view text, const std::string &what,
                         const JsonLimits &limits = {});

/// Reads and parses a whole file; recognises HTML pages and Git LFS pointers saved in place of the
/// file.
Expected<Json> readJsonFile(const std::string &path, const JsonLimits &limits = {});

/// The document as text, indented if `indent` is not negative. What is not UTF-8 in it becomes
/// U+FFFD.
std::string jsonText(const Json &document, int indent = -1);

/// Reads a whole text file of at most `maxBytes`.
Expected<std::string> readTextFile(const std::string &path, size_t maxBytes = size_t(1) << 30);

/// The message for a file that is an HTML page or a Git LFS pointer, or empty.
std::string describeForeignContent(std::string_view bytes);

/// Text for a terminal or a message: control characters and invalid UTF-8 escaped, shortened to
/// `maxLength`.
std::string escapeForMessage(std::string_view text, size_t maxLength = 80);

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_JSON_H
