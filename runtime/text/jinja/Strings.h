// Operations on text as Python defines them, in linear time. Text is UTF-8 throughout.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_STRINGS_H
#define GRAPHC_RUNTIME_TEXT_JINJA_STRINGS_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graphc::jinja {

/// What str.strip() takes away and str.split() splits at.
bool isSpace(char32_t character);

enum class Side { Left, Right, Both };

/// Without the characters of `set` at its ends; without a set, white space.
std::string_view strip(std::string_view text, Side side,
                       std::optional<std::string_view> set = std::nullopt);

/// Place of the first occurrence from `start` on, or npos.
size_t findText(std::string_view text, std::string_view wanted, size_t start = 0);
/// Place of the last occurrence that ends by `end`, or npos.
size_t findLastText(std::string_view text, std::string_view wanted, size_t end);

/// Parts between separators, or between runs of white space without one. `limit`: most cuts, -1
/// for any number. The separator must not be empty.
std::vector<std::string_view> split(std::string_view text,
                                    std::optional<std::string_view> separator, int64_t limit);
/// The same with cuts from the end.
std::vector<std::string_view> splitLast(std::string_view text,
                                        std::optional<std::string_view> separator, int64_t limit);
std::vector<std::string_view> splitLines(std::string_view text, bool keepEnds);
/// Characters that end a line: no more lines than these and one.
size_t countLineEnds(std::string_view text);

/// With the first `limit` occurrences replaced (-1 for all), or nothing when the result would have
/// more than `maxBytes`.
std::optional<std::string> replace(std::string_view text, std::string_view old,
                                   std::string_view with, int64_t limit, size_t maxBytes);

/// Characters.
size_t length(std::string_view text);
/// Byte where the n-th character begins; the size for the one behind the last.
size_t offsetOf(std::string_view text, size_t character);

// One character to one: U+00DF stays as it is, unlike in Python.
std::string lower(std::string_view text);
std::string upper(std::string_view text);
/// The first letter large, all others small.
std::string capitalize(std::string_view text);
/// The first letter of each run of letters large, all others small.
std::string title(std::string_view text);
// Has letters with a case, and all of them have this one.
bool isLower(std::string_view text);
bool isUpper(std::string_view text);

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_STRINGS_H
