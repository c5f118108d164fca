#include "runtime/text/jinja/StringLiteral.h"

#include "runtime/base/Escape.h"
#include "runtime/text/Unicode.h"

#include <charconv>

namespace graphc::jinja {

namespace {

/// The letter behind the backslash, and what it stands for.
constexpr std::pair<char, const char *> kSimple[] = {
    {'n', "\n"}, {'t', "\t"}, {'r', "\r"}, {'\\', "\\"}, {'\'', "'"}, {'"', "\""},
    {'a', "\a"}, {'b', "\b"}, {'f', "\f"}, {'v', "\v"},  {'\n', ""}};

size_t hexDigits(char c) { return c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0; }

bool isOctal(char c) { return c >= '0' && c <= '7'; }

Status appendCode(std::string &out, std::string_view digits, int base, size_t wanted) {
  uint32_t code = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, base);
  bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (digits.size() < wanted || !whole)
    return badInput("an escape needs " + std::to_string(wanted) + " hexadecimal digits, but got '" +
                    escapeForMessage(digits) + "'");
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
    return badInput("the escape '" + escapeForMessage(digits) + "' is no character of Unicode");
  appendChar(out, code);
  return {};
}

/// Appends what the escape at the start of the text stands for; returns its length.
Expected<size_t> appendEscape(std::string &out, std::string_view text) {
  char c = text.size() > 1 ? text[1] : 0;
  for (auto [letter, meaning] : kSimple) {
    if (c != letter)
      continue;
    out += meaning;
    return size_t(2);
  }
  if (size_t digits = hexDigits(c)) {
    GRAPHC_RETURN_IF_ERROR(appendCode(out, text.substr(2, digits), 16, digits));
    return 2 + digits;
  }
  size_t octal = 0;
  while (octal < 3 && 1 + octal < text.size() && isOctal(text[1 + octal]))
    ++octal;
  if (octal > 0) {
    GRAPHC_RETURN_IF_ERROR(appendCode(out, text.substr(1, octal), 8, 1));
    return 1 + octal;
  }
  out += '\\'; // No escape: the backslash stands for itself.
  return size_t(1);
}

} // namespace

Expected<std::string> resolveEscapes(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      result += text[i++];
      continue;
    }
    GRAPHC_ASSIGN_OR_RETURN(size_t length, appendEscape(result, text.substr(i)));
    i += length;
  }
  return result;
}

} // namespace graphc::jinja
