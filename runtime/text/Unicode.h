// The character classes that tokenizers speak of. A byte that is not UTF-8 has none.
#ifndef GRAPHC_RUNTIME_TEXT_UNICODE_H
#define GRAPHC_RUNTIME_TEXT_UNICODE_H

#include "runtime/base/Utf8.h"

#include <cstdint>

namespace graphc {

/// Classes that the known regular expressions distinguish; they do not overlap.
enum class CharClass : uint8_t {
  Other,   ///< [^\s\p{L}\p{N}]
  Letter,  ///< \p{L}
  Number,  ///< \p{N}
  Space,   ///< \s but not \r, \n
  Newline, ///< \r, \n
};

CharClass classifyMultibyte(char32_t value);
extern const CharClass kAsciiClasses[128];

inline CharClass classify(char32_t value) {
  return value < 0x80 ? kAsciiClasses[value] : classifyMultibyte(value);
}

/// Letters and marks by case. Those without case count as both.
enum class LetterCase : uint8_t {
  None,  ///< No letter and no mark.
  Upper, ///< \p{Lu}, \p{Lt}
  Lower, ///< \p{Ll}
  Both,  ///< \p{Lm}, \p{Lo}, \p{M}
};
LetterCase letterCase(char32_t value);

/// White_Space, which is \s.
bool isWhitespace(char32_t value);
/// Categories Mn, Mc, Me.
bool isMark(char32_t value);
/// Category Mn.
bool isNonspacingMark(char32_t value);
/// Categories Cc, Cf, Cn, Co, Cs.
bool isOther(char32_t value);
/// Categories N*.
bool isNumeric(char32_t value);
/// \w: letters, marks, decimal and letter numbers, connectors, joiners, letters in circles and
/// squares.
bool isWordChar(char32_t value);
/// Categories P*, and the ASCII symbols that BERT counts as punctuation ($ + < = > ^ ` | ~).
bool isPunctuation(char32_t value);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_UNICODE_H
