// UTF-8 and the character classes that tokenizers speak of. Text is untrusted: every function takes
// any bytes. Where bytes are not UTF-8, one byte at a time counts as a character of no class.
#ifndef GRAPHC_RUNTIME_TEXT_UNICODE_H
#define GRAPHC_RUNTIME_TEXT_UNICODE_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace graphc {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;
/// UTF-8 of U+FFFD.
inline constexpr std::string_view kReplacementText = "\xEF\xBF\xBD";

/// One character of a text.
struct DecodedChar {
  char32_t value;  ///< The code point; U+FFFD for a byte that is not UTF-8.
  uint32_t length; ///< Bytes taken: 1 to 4.
  bool valid;      ///< False for a byte that is not UTF-8.
};

/// The part of decodeChar for bytes from 0x80 on.
DecodedChar decodeMultibyte(std::string_view text, size_t position);

/// The character at `position`, which must be inside the text. Surrogates, overlong forms, code
/// points past U+10FFFF and characters cut off by the end of the text are not UTF-8.
inline DecodedChar decodeChar(std::string_view text, size_t position) {
  unsigned char byte = static_cast<unsigned char>(text[position]);
  if (byte < 0x80)
    return {byte, 1, true};
  return decodeMultibyte(text, position);
}

/// Start of the character that ends at `end` (1 <= end <= size), by the same rules as decodeChar.
size_t previousChar(std::string_view text, size_t end);

/// Appends the UTF-8 of a code point (which must not be a surrogate nor past U+10FFFF).
void appendChar(std::string &out, char32_t value);

/// How a byte sequence begins.
struct SequencePrefix {
  uint32_t length; ///< Bytes of the character, or of the part that can never become one.
  bool complete;   ///< A whole character.
  bool partial;    ///< Nothing wrong so far, but bytes are missing at the end of the text.
};

/// Looks at the first character of a text that is not empty. A sequence that is wrong has the
/// length of its longest part that could have begun a character: what Unicode replaces by one
/// U+FFFD.
SequencePrefix sequencePrefix(std::string_view text);

/// Appends text, each wrong sequence as U+FFFD. With `whole` false a character that is cut off by
/// the end of the text is left out. Returns the bytes that were taken.
size_t appendLossy(std::string &out, std::string_view text, bool whole);

/// True when the text is UTF-8 throughout.
bool isUtf8(std::string_view text);

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
