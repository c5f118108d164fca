#include "runtime/text/jinja/Strings.h"

#include "runtime/text/Unicode.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>
#include <utf8proc.h>
#include <utility>

namespace graphc::jinja {

bool isSpace(char32_t character) {
  return isWhitespace(character) || (character >= 0x1C && character <= 0x1F);
}

std::string_view strip(std::string_view text, Side side, std::optional<std::string_view> set) {
  std::unordered_set<char32_t> wanted;
  for (size_t i = 0; set && i < set->size();) {
    DecodedChar c = decodeChar(*set, i);
    wanted.insert(c.value);
    i += c.length;
  }
  auto goes = [&](char32_t c) { return set ? wanted.contains(c) : isSpace(c); };
  while (side != Side::Right && !text.empty()) {
    DecodedChar c = decodeChar(text, 0);
    if (!goes(c.value))
      break;
    text.remove_prefix(c.length);
  }
  while (side != Side::Left && !text.empty()) {
    size_t last = previousChar(text, text.size());
    if (!goes(decodeChar(text, last).value))
      break;
    text = text.substr(0, last);
  }
  return text;
}

/// memmem is linear whatever the texts; std::string_view::find is not.
size_t findText(std::string_view text, std::string_view wanted, size_t start) {
  if (start > text.size())
    return std::string_view::npos;
  if (wanted.empty())
    return start;
  const void *found =
      memmem(text.data() + start, text.size() - start, wanted.data(), wanted.size());
  return found ? static_cast<size_t>(static_cast<const char *>(found) - text.data())
               : std::string_view::npos;
}

/// Finds the reversed text in the reversed text, which keeps it linear.
size_t findLastText(std::string_view text, std::string_view wanted, size_t end) {
  if (wanted.size() > end)
    return std::string_view::npos;
  std::string backwards(text.substr(0, end));
  std::reverse(backwards.begin(), backwards.end());
  size_t found = findText(backwards, std::string(wanted.rbegin(), wanted.rend()));
  return found == std::string_view::npos ? found : end - found - wanted.size();
}

static std::vector<std::string_view> splitAtSpaces(std::string_view text, int64_t limit) {
  std::vector<std::string_view> parts;
  text = strip(text, Side::Left);
  while (!text.empty()) {
    if (limit >= 0 && static_cast<int64_t>(parts.size()) == limit) {
      parts.push_back(text);
      break;
    }
    size_t end = 0;
    while (end < text.size() && !isSpace(decodeChar(text, end).value))
      end += decodeChar(text, end).length;
    parts.push_back(text.substr(0, end));
    text = strip(text.substr(end), Side::Left);
  }
  return parts;
}

std::vector<std::string_view> split(std::string_view text,
                                    std::optional<std::string_view> separator, int64_t limit) {
  if (!separator)
    return splitAtSpaces(text, limit);
  std::vector<std::string_view> parts;
  size_t start = 0;
  while (limit < 0 || static_cast<int64_t>(parts.size()) < limit) {
    size_t end = findText(text, *separator, start);
    if (end == std::string_view::npos)
      break;
    parts.push_back(text.substr(start, end - start));
    start = end + separator->size();
  }
  parts.push_back(text.substr(start));
  return parts;
}

/// The cuts of the reversed text, read backwards.
static std::vector<std::string_view> splitLastAt(std::string_view text, std::string_view separator,
                                                 int64_t limit) {
  std::string backwards(text.rbegin(), text.rend());
  std::string wanted(separator.rbegin(), separator.rend());
  std::vector<std::string_view> parts;
  size_t end = text.size();
  for (std::string_view part : split(backwards, wanted, limit)) {
    parts.push_back(text.substr(end - part.size(), part.size()));
    end -= std::min(end, part.size() + separator.size());
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> splitLast(std::string_view text,
                                        std::optional<std::string_view> separator, int64_t limit) {
  if (separator)
    return splitLastAt(text, *separator, limit);
  std::vector<std::string_view> parts = splitAtSpaces(text, -1);
  if (limit < 0 || static_cast<int64_t>(parts.size()) <= limit)
    return parts;
  // What is not cut is one part: from the start of the text to the end of its last word.
  size_t joined = parts.size() - static_cast<size_t>(limit);
  const char *start = text.data();
  const char *end = parts[joined - 1].data() + parts[joined - 1].size();
  parts.erase(parts.begin(), parts.begin() + static_cast<ptrdiff_t>(joined));
  parts.insert(parts.begin(), std::string_view(start, static_cast<size_t>(end - start)));
  return parts;
}

static bool endsLine(char32_t c) {
  return (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
         c == 0x2029;
}

std::vector<std::string_view> splitLines(std::string_view text, bool keepEnds) {
  std::vector<std::string_view> lines;
  size_t start = 0;
  for (size_t i = 0; i < text.size();) {
    DecodedChar c = decodeChar(text, i);
    size_t end = i;
    i += c.length;
    if (!endsLine(c.value))
      continue;
    if (c.value == '\r' && i < text.size() && text[i] == '\n')
      ++i;
    lines.push_back(text.substr(start, (keepEnds ? i : end) - start));
    start = i;
  }
  if (start < text.size())
    lines.push_back(text.substr(start));
  return lines;
}

size_t countLineEnds(std::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size();) {
    DecodedChar c = decodeChar(text, i);
    count += endsLine(c.value);
    i += c.length;
  }
  return count;
}

std::optional<std::string> replace(std::string_view text, std::string_view old,
                                   std::string_view with, int64_t limit, size_t maxBytes) {
  std::string result;
  size_t start = 0;
  for (int64_t count = 0; limit < 0 || count < limit; ++count) {
    size_t end = 0;
    if (!old.empty()) {
      end = findText(text, old, start);
    } else { // Before each character, and at the end.
      end = count == 0            ? 0
            : start < text.size() ? start + decodeChar(text, start).length
                                  : SIZE_MAX;
    }
    if (end > text.size())
      break;
    if (with.size() + (end - start) > maxBytes - result.size())
      return std::nullopt;
    result.append(text, start, end - start).append(with);
    start = end + old.size();
  }
  result.append(text, start);
  if (result.size() > maxBytes)
    return std::nullopt;
  return result;
}

size_t length(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

size_t offsetOf(std::string_view text, size_t character) {
  size_t offset = 0;
  for (; character > 0 && offset < text.size(); --character)
    offset += decodeChar(text, offset).length;
  return offset;
}

namespace {

char32_t toLower(char32_t c) {
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}
/// U+00DF has no large form of one character in Python either.
char32_t toUpper(char32_t c) {
  return c == 0xDF ? c : static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c)));
}

/// Each character through a function of it and of the one before (0 at the start).
template <typename F>
std::string mapped(std::string_view text, F function) {
  std::string result;
  result.reserve(text.size());
  char32_t before = 0;
  for (size_t i = 0; i < text.size();) {
    DecodedChar c = decodeChar(text, i);
    appendChar(result, function(c.value, before));
    before = c.value;
    i += c.length;
  }
  return result;
}

} // namespace

std::string lower(std::string_view text) {
  return mapped(text, [](char32_t c, char32_t) { return toLower(c); });
}

std::string upper(std::string_view text) {
  return mapped(text, [](char32_t c, char32_t) { return toUpper(c); });
}

std::string capitalize(std::string_view text) {
  bool first = true;
  return mapped(text, [&](char32_t c, char32_t) {
    return std::exchange(first, false) ? toUpper(c) : toLower(c);
  });
}

std::string title(std::string_view text) {
  return mapped(text, [](char32_t c, char32_t before) {
    return letterCase(before) == LetterCase::None ? toUpper(c) : toLower(c);
  });
}

bool isLower(std::string_view text) { return lower(text) == text && upper(text) != text; }
bool isUpper(std::string_view text) { return upper(text) == text && lower(text) != text; }

} // namespace graphc::jinja
