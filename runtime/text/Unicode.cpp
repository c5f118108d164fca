#include "runtime/text/Unicode.h"

#include <utf8proc.h>

namespace graphc {

namespace {

constexpr CharClass asciiClass(unsigned c) {
  if (c == '\r' || c == '\n')
    return CharClass::Newline;
  if (c == ' ' || (c >= 9 && c <= 13))
    return CharClass::Space;
  if (c >= '0' && c <= '9')
    return CharClass::Number;
  unsigned lower = c | 32;
  return lower >= 'a' && lower <= 'z' ? CharClass::Letter : CharClass::Other;
}

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

#define CLASS_ROW(base)                                                                            \
  asciiClass(base), asciiClass(base + 1), asciiClass(base + 2), asciiClass(base + 3),              \
      asciiClass(base + 4), asciiClass(base + 5), asciiClass(base + 6), asciiClass(base + 7)

constexpr CharClass kAsciiClasses[128] = {
    CLASS_ROW(0),  CLASS_ROW(8),   CLASS_ROW(16),  CLASS_ROW(24), CLASS_ROW(32), CLASS_ROW(40),
    CLASS_ROW(48), CLASS_ROW(56),  CLASS_ROW(64),  CLASS_ROW(72), CLASS_ROW(80), CLASS_ROW(88),
    CLASS_ROW(96), CLASS_ROW(104), CLASS_ROW(112), CLASS_ROW(120)};

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
  utf8proc_uint8_t bytes[4];
  auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(value), bytes);
  out.append(reinterpret_cast<const char *>(bytes), static_cast<size_t>(length));
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

bool isWhitespace(char32_t value) {
  if (value < 0x80)
    return value == ' ' || (value >= 9 && value <= 13);
  if (value < 0x1680)
    return value == 0x85 || value == 0xA0;
  return value == 0x1680 || (value >= 0x2000 && value <= 0x200A) || value == 0x2028 ||
         value == 0x2029 || value == 0x202F || value == 0x205F || value == 0x3000;
}

static utf8proc_category_t category(char32_t value) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(value));
}

static bool inRange(utf8proc_category_t value, utf8proc_category_t first,
                    utf8proc_category_t last) {
  return value >= first && value <= last;
}

/// By general category, as the expressions' own engines do.
CharClass classifyMultibyte(char32_t value) {
  utf8proc_category_t kind = category(value);
  if (inRange(kind, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LO))
    return CharClass::Letter;
  if (inRange(kind, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO))
    return CharClass::Number;
  return isWhitespace(value) ? CharClass::Space : CharClass::Other;
}

LetterCase letterCase(char32_t value) {
  switch (category(value)) {
  case UTF8PROC_CATEGORY_LU:
  case UTF8PROC_CATEGORY_LT:
    return LetterCase::Upper;
  case UTF8PROC_CATEGORY_LL:
    return LetterCase::Lower;
  case UTF8PROC_CATEGORY_LM:
  case UTF8PROC_CATEGORY_LO:
  case UTF8PROC_CATEGORY_MN:
  case UTF8PROC_CATEGORY_MC:
  case UTF8PROC_CATEGORY_ME:
    return LetterCase::Both;
  default:
    return LetterCase::None;
  }
}

bool isMark(char32_t value) {
  return inRange(category(value), UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_ME);
}

bool isNonspacingMark(char32_t value) { return category(value) == UTF8PROC_CATEGORY_MN; }

bool isOther(char32_t value) {
  return category(value) == UTF8PROC_CATEGORY_CN ||
         inRange(category(value), UTF8PROC_CATEGORY_CC, UTF8PROC_CATEGORY_CO);
}

bool isNumeric(char32_t value) {
  return inRange(category(value), UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO);
}

bool isWordChar(char32_t value) {
  bool joiner = value == 0x200C || value == 0x200D;
  bool enclosed = (value >= 0x24B6 && value <= 0x24E9) || (value >= 0x1F130 && value <= 0x1F149) ||
                  (value >= 0x1F150 && value <= 0x1F169) || (value >= 0x1F170 && value <= 0x1F189);
  return joiner || enclosed ||
         inRange(category(value), UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_NL) ||
         category(value) == UTF8PROC_CATEGORY_PC;
}

bool isPunctuation(char32_t value) {
  if (value < 0x80)
    return value > ' ' && value < 0x7F && asciiClass(value) == CharClass::Other;
  return inRange(category(value), UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO);
}

} // namespace graphc
