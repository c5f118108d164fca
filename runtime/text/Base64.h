// Base 64, as binary parts of JSON files are written.
#ifndef GRAPHC_RUNTIME_TEXT_BASE64_H
#define GRAPHC_RUNTIME_TEXT_BASE64_H

#include <optional>
#include <string>
#include <string_view>

namespace graphc {

/// The bytes that a text stands for (RFC 4648, with padding); none if it is no base 64.
std::optional<std::string> decodeBase64(std::string_view text);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_BASE64_H
