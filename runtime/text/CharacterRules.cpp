#include "runtime/text/CharacterRules.h"

#include "runtime/text/Unicode.h"

#include <algorithm>
#include <optional>
#include <utf8proc.h>

namespace graphc {

namespace {

/// Calls `action` for each character, with the bytes that it takes.
template <typename Action>
void forEachChar(std::string_view text, Action action) {
  for (size_t position = 0; position < text.size();) {
    DecodedChar c = decodeChar(text, position);
    action(c, text.substr(position, c.length));
    position += c.length;
  }
}

struct CharRange {
  char32_t first, last;
};

template <size_t Count>
bool isIn(const CharRange (&ranges)[Count], char32_t value) {
  return std::any_of(std::begin(ranges), std::end(ranges), [&](const CharRange &range) {
    return value >= range.first && value <= range.last;
  });
}

/// What BERT calls Chinese characters, with the gap at U+2B820 that its implementations have.
constexpr CharRange kIdeographs[] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF},
                                     {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF},
                                     {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};

constexpr CharRange kNmtRemoved[] = {{0x01, 0x08}, {0x0B, 0x0B}, {0x0E, 0x1F},
                                     {0x7F, 0x7F}, {0x8F, 0x8F}, {0x9F, 0x9F}};
constexpr CharRange kNmtBlanks[] = {{0x09, 0x0A},     {0x0C, 0x0D},     {0x1680, 0x1680},
                                    {0x200B, 0x200F}, {0x2028, 0x2029}, {0x2581, 0x2581},
                                    {0xFEFF, 0xFEFF}, {0xFFFD, 0xFFFD}};

enum class Fate { Kept, Blank, Removed };

Fate bertFate(char32_t value) {
  if (isWhitespace(value))
    return value == 0x0B || value == 0x0C || value == 0x85 ? Fate::Removed : Fate::Blank;
  return value == 0 || value == kReplacementCharacter || isOther(value) ? Fate::Removed
                                                                        : Fate::Kept;
}

Fate nmtFate(char32_t value) {
  return isIn(kNmtRemoved, value)  ? Fate::Removed
         : isIn(kNmtBlanks, value) ? Fate::Blank
                                   : Fate::Kept;
}

/// End of the user-perceived character that begins at `start`.
size_t graphemeEnd(std::string_view text, size_t start) {
  DecodedChar last = decodeChar(text, start);
  size_t end = start + last.length;
  utf8proc_int32_t state = 0;
  while (end < text.size()) {
    DecodedChar next = decodeChar(text, end);
    if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(last.value),
                                         static_cast<utf8proc_int32_t>(next.value), &state))
      break;
    end += next.length;
    last = next;
  }
  return end;
}

void appendLongestMatches(std::string &out, std::string_view text, const Charsmap &map) {
  for (size_t position = 0; position < text.size();) {
    if (std::optional<Charsmap::Match> match = map.longest(text.substr(position))) {
      out += match->text;
      position += match->length;
      continue;
    }
    // As the SentencePiece library does with bytes that are not UTF-8.
    DecodedChar c = decodeChar(text, position);
    out += c.valid ? text.substr(position, c.length) : kReplacementText;
    position += c.length;
  }
}

void appendGrapheme(std::string &out, std::string_view grapheme, const Charsmap &map) {
  constexpr size_t kMappedWhole = 6;
  if (grapheme.size() < kMappedWhole) {
    if (std::optional<Charsmap::Match> match = map.shortest(grapheme)) {
      out += match->text;
      return;
    }
  }
  forEachChar(grapheme, [&](const DecodedChar &, std::string_view bytes) {
    std::optional<Charsmap::Match> match = map.shortest(bytes);
    out += match ? match->text : bytes;
  });
}

} // namespace

void appendLowercase(std::string &out, std::string_view text) {
  forEachChar(text, [&](const DecodedChar &c, std::string_view bytes) {
    if (c.value == 0x130) // The only character whose lower case is two.
      out += "i\xCC\x87";
    else if (c.valid)
      appendChar(out, static_cast<char32_t>(utf8proc_tolower(static_cast<int32_t>(c.value))));
    else
      out += bytes;
  });
}

void appendWithoutMarks(std::string &out, std::string_view text, bool nonspacingOnly) {
  forEachChar(text, [&](const DecodedChar &c, std::string_view bytes) {
    if (!(nonspacingOnly ? isNonspacingMark(c.value) : isMark(c.value)))
      out += bytes;
  });
}

void appendClean(std::string &out, std::string_view text, CleanRules rules) {
  forEachChar(text, [&](const DecodedChar &c, std::string_view bytes) {
    bool isBert = rules == CleanRules::Bert;
    // Only a character that is written as U+FFFD is a blank to NMT.
    Fate fate = isBert ? bertFate(c.value) : c.valid ? nmtFate(c.value) : Fate::Kept;
    if (fate == Fate::Kept)
      out += bytes;
    else if (fate == Fate::Blank)
      out += ' ';
  });
}

void appendSpacedIdeographs(std::string &out, std::string_view text) {
  forEachChar(text, [&](const DecodedChar &c, std::string_view bytes) {
    bool spaced = isIn(kIdeographs, c.value);
    out += spaced ? " " : "";
    out += bytes;
    out += spaced ? " " : "";
  });
}

void appendCollapsedBlanks(std::string &out, std::string_view text) {
  bool pending = false; // A blank, unless the text ends.
  bool started = false;
  for (char byte : text) {
    if (byte == ' ') {
      pending = started;
      continue;
    }
    if (pending)
      out += ' ';
    out += byte;
    pending = false;
    started = true;
  }
}

void appendMapped(std::string &out, std::string_view text, const Charsmap &map, CharsmapUnit unit) {
  if (unit == CharsmapUnit::LongestMatch)
    return appendLongestMatches(out, text, map);
  for (size_t position = 0; position < text.size();) {
    size_t end = graphemeEnd(text, position);
    appendGrapheme(out, text.substr(position, end - position), map);
    position = end;
  }
}

} // namespace graphc
