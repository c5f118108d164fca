#include "runtime/base/Utf8.h"

namespace graphc {

namespace {

unsigned byteAt(std::string_view text, size_t index) {
  return static_cast<unsigned char>(text[index]);
}

/// Bytes of a character that begins with `lead`, 0 when none does.
uint32_t sequenceLength(unsigned lead) {
  if (lead < 0x80)
    return 1;
  if (lead < 0xC2)
    return 0;
  return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
}

/// May `byte` be the second of a character that begins with `lead`? This is where overlong forms,
/// surrogates and too large code points fall out.
bool isSecondByte(unsigned lead, unsigned byte) {
  unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return byte >= low && byte <= high;
}

} // namespace

SequencePrefix sequencePrefix(std::string_view text) {
  unsigned lead = byteAt(text, 0);
  uint32_t length = sequenceLength(lead);
  if (length <= 1)
    return {1, length == 1, false};
  for (uint32_t i = 1; i < length; ++i) {
    if (i == text.size())
      return {i, false, true};
    unsigned byte = byteAt(text, i);
    if (i == 1 ? !isSecondByte(lead, byte) : (byte & 0xC0) != 0x80)
      return {i, false, false};
  }
  return {length, true, false};
}

DecodedChar decodeMultibyte(std::string_view text, size_t position) {
  std::string_view rest = text.substr(position, 4);
  SequencePrefix prefix = sequencePrefix(rest);
  if (!prefix.complete)
    return {kReplacementCharacter, 1, false};
  char32_t value = byteAt(rest, 0) & (prefix.length == 1 ? 0x7Fu : 0xFFu >> (prefix.length + 1));
  for (uint32_t i = 1; i < prefix.length; ++i)
    value = (value << 6) | (byteAt(rest, i) & 0x3F);
  return {value, prefix.length, true};
}

/// Goes back over continuation bytes; if they turn out to end no character, the last is one itself.
size_t previousChar(std::string_view text, size_t end) {
  size_t lowest = end > 4 ? end - 4 : 0;
  for (size_t start = end - 1;; --start) {
    if ((byteAt(text, start) & 0xC0) != 0x80)
      return decodeChar(text, start).length == end - start ? start : end - 1;
    if (start == lowest)
      return end - 1;
  }
}

void appendChar(std::string &out, char32_t value) {
  auto rest = [&](int shift) { out += static_cast<char>(0x80 | (value >> shift & 0x3F)); };
  if (value < 0x80) {
    out += static_cast<char>(value);
  } else if (value < 0x800) {
    out += static_cast<char>(0xC0 | value >> 6);
    rest(0);
  } else if (value < 0x10000) {
    out += static_cast<char>(0xE0 | value >> 12);
    rest(6), rest(0);
  } else {
    out += static_cast<char>(0xF0 | value >> 18);
    rest(12), rest(6), rest(0);
  }
}

size_t appendLossy(std::string &out, std::string_view text, bool whole) {
  size_t position = 0;
  while (position < text.size()) {
    SequencePrefix prefix = sequencePrefix(text.substr(position));
    if (prefix.partial && !whole)
      break;
    out += prefix.complete ? text.substr(position, prefix.length) : kReplacementText;
    position += prefix.length;
  }
  return position;
}

bool isUtf8(std::string_view text) {
  for (size_t position = 0; position < text.size();) {
    DecodedChar c = decodeChar(text, position);
    if (!c.valid)
      return false;
    position += c.length;
  }
  return true;
}

} // namespace graphc
