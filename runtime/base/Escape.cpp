#include "runtime/base/Escape.h"

#include "runtime/base/Utf8.h"

namespace graphc {

std::string hexText(uint64_t value, int digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(static_cast<size_t>(digits), '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 4)
    *digit = kDigits[value & 15];
  return text;
}

bool isUnprintable(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF;
}

std::string escapeForMessage(std::string_view text, size_t maxLength) {
  std::string result;
  for (size_t position = 0; position < text.size();) {
    if (result.size() >= maxLength)
      return result + "...";
    const DecodedChar c = decodeChar(text, position);
    if (!c.valid || c.value < 0x80)
      result += isUnprintable(c.value) || !c.valid
                    ? "\\x" + hexText(static_cast<unsigned char>(text[position]), 2)
                    : std::string(1, text[position]);
    else if (isUnprintable(c.value))
      result += "\\u{" + hexText(c.value, 4) + "}";
    else
      result += text.substr(position, c.length);
    position += c.length;
  }
  return result;
}

} // namespace graphc
