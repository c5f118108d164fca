// Reading and writing UTF-8. Text is untrusted: every function takes any bytes. Where bytes are not
// UTF-8, one byte at a time counts as a character.
#ifndef GRAPHC_RUNTIME_BASE_UTF8_H
#define GRAPHC_RUNTIME_BASE_UTF8_H

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

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_UTF8_H
