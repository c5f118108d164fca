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

/// Reads and parses a whole file; recognises what is another file in its place
/// (describeForeignContent()).
Expected<Json> readJsonFile(const std::string &path, const JsonLimits &limits = {});

/// The document as text, indented if `indent` is not negative. What is not UTF-8 in it becomes
/// U+FFFD.
std::string jsonText(const Json &document, int indent = -1);

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_JSON_H
