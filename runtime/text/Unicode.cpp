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

} // namespace

#define CLASS_ROW(base)                                                                            \
  asciiClass(base), asciiClass(base + 1), asciiClass(base + 2), asciiClass(base + 3),              \
      asciiClass(base + 4), asciiClass(base + 5), asciiClass(base + 6), asciiClass(base + 7)

constexpr CharClass kAsciiClasses[128] = {
    CLASS_ROW(0),  CLASS_ROW(8),   CLASS_ROW(16),  CLASS_ROW(24), CLASS_ROW(32), CLASS_ROW(40),
    CLASS_ROW(48), CLASS_ROW(56),  CLASS_ROW(64),  CLASS_ROW(72), CLASS_ROW(80), CLASS_ROW(88),
    CLASS_ROW(96), CLASS_ROW(104), CLASS_ROW(112), CLASS_ROW(120)};

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
