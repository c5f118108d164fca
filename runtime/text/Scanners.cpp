#include "runtime/text/Scanners.h"

#include "runtime/text/Unicode.h"

namespace graphc {

namespace {

/// The class and length of the character at a position; class Other and length 0 at the end.
struct ClassifiedChar {
  CharClass kind;
  uint32_t length;
};

ClassifiedChar charAt(std::string_view text, size_t position) {
  if (position >= text.size())
    return {CharClass::Other, 0};
  DecodedChar c = decodeChar(text, position);
  return {classify(c.value), c.length};
}

/// End of the run of characters of one class, at most `limit` of them.
size_t skipClass(std::string_view text, size_t position, CharClass kind, size_t limit = SIZE_MAX) {
  for (; limit > 0 && position < text.size(); --limit) {
    ClassifiedChar c = charAt(text, position);
    if (c.kind != kind)
      break;
    position += c.length;
  }
  return position;
}

/// Length of 's, 't, 're, 've, 'm, 'll or 'd at a position, or 0.
size_t matchContraction(std::string_view text, size_t position, bool anyCase) {
  if (text[position] != '\'' || position + 1 >= text.size())
    return 0;
  auto letter = [&](size_t index) -> char {
    if (position + index >= text.size())
      return 0;
    char c = text[position + index];
    return anyCase && c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
  };
  char first = letter(1);
  char second = letter(2);
  if (first == 's' || first == 't' || first == 'm' || first == 'd')
    return 2;
  if ((second == 'e' && (first == 'r' || first == 'v')) || (first == 'l' && second == 'l'))
    return 3;
  // U+017F, the long s, is an s in another case.
  return anyCase && text.substr(position + 1, 2) == "\xC5\xBF" ? 3 : 0;
}

/// `\s+(?!\S)|\s+`, with `\s*[\r\n]+` tried before it if `linesFirst`; at least one whitespace
/// character stands at the position.
size_t scanWhitespace(std::string_view text, size_t position, bool linesFirst) {
  size_t end = position;
  size_t last = position; // Start of the last character of the run.
  size_t afterNewline = position;
  while (end < text.size()) {
    ClassifiedChar c = charAt(text, end);
    if (c.kind != CharClass::Space && c.kind != CharClass::Newline)
      break;
    last = end;
    end += c.length;
    if (c.kind == CharClass::Newline)
      afterNewline = end;
  }
  if (linesFirst && afterNewline > position)
    return afterNewline;
  return end == text.size() || last == position ? end : last;
}

bool isSpaceClass(CharClass kind) { return kind == CharClass::Space || kind == CharClass::Newline; }

/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
size_t scanGpt2(std::string_view text, size_t position) {
  if (size_t length = matchContraction(text, position, false))
    return position + length;
  size_t start = text[position] == ' ' ? position + 1 : position;
  ClassifiedChar c = charAt(text, start);
  if (c.length && !isSpaceClass(c.kind))
    return skipClass(text, start + c.length, c.kind);
  return scanWhitespace(text, position, false);
}

/// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,Digits}| ?[^\s\p{L}\p{N}]+[\r\n]*
/// |\s*[\r\n]+|\s+(?!\S)|\s+
template <size_t Digits>
size_t scanCl100k(std::string_view text, size_t position) {
  if (size_t length = matchContraction(text, position, true))
    return position + length;
  ClassifiedChar first = charAt(text, position);
  if (first.kind == CharClass::Number)
    return skipClass(text, position, CharClass::Number, Digits);
  size_t afterFirst = position + first.length;
  if (first.kind == CharClass::Letter)
    return skipClass(text, afterFirst, CharClass::Letter);
  ClassifiedChar second = charAt(text, afterFirst);
  if (first.kind != CharClass::Newline && second.length && second.kind == CharClass::Letter)
    return skipClass(text, afterFirst + second.length, CharClass::Letter);
  bool blankBefore = text[position] == ' ' && second.length && second.kind == CharClass::Other;
  if (first.kind == CharClass::Other || blankBefore) {
    size_t end = skipClass(text, afterFirst, CharClass::Other);
    return skipClass(text, end, CharClass::Newline);
  }
  return scanWhitespace(text, position, true);
}

/// End of the run of letters and marks that are, or may count as, of one case. `afterBoth`, if
/// given, is set to the place after the last one that counts as either.
size_t skipCase(std::string_view text, size_t position, LetterCase wanted, size_t *afterBoth) {
  while (position < text.size()) {
    DecodedChar c = decodeChar(text, position);
    LetterCase kind = letterCase(c.value);
    if (kind != wanted && kind != LetterCase::Both)
      break;
    position += c.length;
    if (afterBoth && kind == LetterCase::Both)
      *afterBoth = position;
  }
  return position;
}

/// [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+, or `position` for no match. Capitals
/// that no small letter follows are given back up to the last character that may be one.
size_t scanMixedWord(std::string_view text, size_t position) {
  size_t afterBoth = position;
  size_t capitals = skipCase(text, position, LetterCase::Upper, &afterBoth);
  size_t end = skipCase(text, capitals, LetterCase::Lower, nullptr);
  return end > capitals ? end : afterBoth;
}

/// The two forms of words of o200k: capitals then small letters, or capitals alone, each after an
/// optional character that is no line end, letter or number. Returns `position` for no match.
size_t scanCasedWord(std::string_view text, size_t position) {
  ClassifiedChar first = charAt(text, position);
  bool hasPrefix = first.kind == CharClass::Other || first.kind == CharClass::Space;
  size_t start = hasPrefix ? position + first.length : position;
  if (size_t end = scanMixedWord(text, start); end > start)
    return end;
  // The character before may be a mark, which is a word itself.
  if (hasPrefix)
    if (size_t end = scanMixedWord(text, position); end > position)
      return end;
  size_t end = skipCase(text, start, LetterCase::Upper, nullptr);
  return end > start ? end : position;
}

/// WORD(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,Digits}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|
/// \s+(?!\S)|\s+, where WORD is [^\r\n\p{L}\p{N}]? followed by one of the forms above
template <size_t Digits, bool Contractions>
size_t scanO200k(std::string_view text, size_t position) {
  if (size_t end = scanCasedWord(text, position); end > position)
    return Contractions && end < text.size() ? end + matchContraction(text, end, true) : end;
  ClassifiedChar first = charAt(text, position);
  if (first.kind == CharClass::Number)
    return skipClass(text, position, CharClass::Number, Digits);
  size_t start = text[position] == ' ' ? position + 1 : position;
  size_t end = skipClass(text, start, CharClass::Other);
  if (end == start)
    return scanWhitespace(text, position, true);
  while (end < text.size() && (text[end] == '\r' || text[end] == '\n' || text[end] == '/'))
    ++end;
  return end;
}

/// In the order of ScannerId.
constexpr Scanner kScannerFunctions[kScanners] = {scanGpt2, scanCl100k<1>, scanCl100k<3>,
                                                  scanO200k<3, true>, scanO200k<1, false>};

struct KnownPattern {
  std::string_view pattern;
  ScannerId scanner;
};

/// The spellings in use. Possessive quantifiers and the like do not change what these match.
constexpr KnownPattern kPatterns[] = {
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
     ScannerId::Gpt2},
    {R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", ScannerId::Gpt2},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     ScannerId::Cl100kOneDigit},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     ScannerId::Cl100k},
    {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)",
     ScannerId::Cl100k},
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     ScannerId::O200k},
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     ScannerId::Tekken},
};

} // namespace

Scanner scannerOf(ScannerId id) { return kScannerFunctions[static_cast<uint32_t>(id)]; }

std::optional<ScannerId> findScanner(std::string_view pattern) {
  for (const KnownPattern &known : kPatterns)
    if (known.pattern == pattern)
      return known.scanner;
  return std::nullopt;
}

StepSpec makePatternStep(std::string_view pattern, uint32_t settings) {
  if (std::optional<ScannerId> scanner = findScanner(pattern))
    return makeStep(PreTokenizerKind::Pattern, static_cast<uint32_t>(*scanner), settings);
  StepSpec step = makeStep(PreTokenizerKind::Regex, 0, settings);
  step.first = pattern;
  return step;
}

} // namespace graphc
