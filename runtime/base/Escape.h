// Text that others wrote, made fit for a terminal or a message.
#ifndef GRAPHC_RUNTIME_BASE_ESCAPE_H
#define GRAPHC_RUNTIME_BASE_ESCAPE_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace graphc {

/// "00ff": the last `digits` hexadecimal digits of a number.
std::string hexText(uint64_t value, int digits);

/// Whether a character would break a line or turn its direction, or cannot be seen: controls,
/// separators, marks of direction, joiners of no width.
bool isUnprintable(char32_t value);

/// Unprintable characters as \u{..}, bytes that are not UTF-8 as \x.., shortened to `maxLength`
/// bytes.
std::string escapeForMessage(std::string_view text, size_t maxLength = 80);

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_ESCAPE_H
