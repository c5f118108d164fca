// The escapes of string literals.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_STRINGLITERAL_H
#define GRAPHC_RUNTIME_TEXT_JINJA_STRINGLITERAL_H

#include "runtime/base/Status.h"

#include <string>
#include <string_view>

namespace graphc::jinja {

/// What stands between the quotes, with Python's escapes resolved (\n, \xHH, \uHHHH, \ooo, ...);
/// others stay as they are. BadInput for one that is cut off or that names no character.
Expected<std::string> resolveEscapes(std::string_view text);

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_STRINGLITERAL_H
