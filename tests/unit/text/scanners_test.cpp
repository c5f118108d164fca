#include "runtime/text/Scanners.h"

#include <gtest/gtest.h>
#include <vector>

using namespace graphc;

namespace {

using Words = std::vector<std::string>;

Words scan(ScannerId id, std::string_view text) {
  Words words;
  for (size_t position = 0; position < text.size();) {
    size_t end = scannerOf(id)(text, position);
    EXPECT_GT(end, position);
    EXPECT_LE(end, text.size());
    if (end <= position)
      break;
    words.emplace_back(text.substr(position, end - position));
    position = end;
  }
  return words;
}

TEST(Scanners, Gpt2SplitsWordsNumbersAndSymbols) {
  EXPECT_EQ(
      scan(ScannerId::Gpt2, "Hello world!  It's 12345.6 \"ok\""),
      (Words{"Hello", " world", "!", " ", " It", "'s", " 12345", ".", "6", " \"", "ok", "\""}));
}

TEST(Scanners, Gpt2ContractionsAreInLowerCase) {
  EXPECT_EQ(scan(ScannerId::Gpt2, "we've DON'T 'tis'"),
            (Words{"we", "'ve", " DON", "'", "T", " '", "tis", "'"}));
}

TEST(Scanners, Gpt2LeavesTheLastBlankToTheNextWord) {
  EXPECT_EQ(scan(ScannerId::Gpt2, "a   b"), (Words{"a", "  ", " b"}));
  EXPECT_EQ(scan(ScannerId::Gpt2, "a \n b"), (Words{"a", " \n", " b"}));
  EXPECT_EQ(scan(ScannerId::Gpt2, "a\t\tb"), (Words{"a", "\t", "\t", "b"}));
  EXPECT_EQ(scan(ScannerId::Gpt2, "a   "), (Words{"a", "   "}));
  EXPECT_EQ(scan(ScannerId::Gpt2, " "), (Words{" "}));
}

TEST(Scanners, Cl100kGroupsDigits) {
  EXPECT_EQ(scan(ScannerId::Cl100k, "12345678 x1"), (Words{"123", "456", "78", " x", "1"}));
  EXPECT_EQ(scan(ScannerId::Cl100kOneDigit, "123 x1"), (Words{"1", "2", "3", " x", "1"}));
}

TEST(Scanners, Cl100kContractionsInAnyCase) {
  EXPECT_EQ(scan(ScannerId::Cl100k, "I'LL don'T it'\xC5\xBFx"),
            (Words{"I", "'LL", " don", "'T", " it", "'\xC5\xBF", "x"}));
}

TEST(Scanners, Cl100kWordsTakeOneCharacterBefore) {
  EXPECT_EQ(scan(ScannerId::Cl100k, "(foo) \tbar\n baz"),
            (Words{"(foo", ")", " ", "\tbar", "\n", " baz"}));
}

TEST(Scanners, Cl100kSymbolsTakeLineEnds) {
  EXPECT_EQ(scan(ScannerId::Cl100k, "x; //\r\n\ny"), (Words{"x", ";", " //\r\n\n", "y"}));
  EXPECT_EQ(scan(ScannerId::Cl100k, "a \n \n b"), (Words{"a", " \n \n", " b"}));
}

TEST(Scanners, O200kCutsAtCapitals) {
  EXPECT_EQ(
      scan(ScannerId::O200k, "CamelCase HTTPServer's ABC'LL 1234 a//\n/b"),
      (Words{"Camel", "Case", " HTTPServer's", " ABC'LL", " ", "123", "4", " a", "//\n/", "b"}));
  EXPECT_EQ(scan(ScannerId::Tekken, "It's 12"), (Words{"It", "'s", " ", "1", "2"}));
}

TEST(Scanners, O200kUncasedCharactersCountAsBoth) {
  // An uncased letter ends a word of capitals that no small letter follows.
  EXPECT_EQ(scan(ScannerId::O200k, "AB日CD"), (Words{"AB日", "CD"}));
  EXPECT_EQ(scan(ScannerId::O200k, "AB日CDe"), (Words{"AB日CDe"}));
  // A mark may be the character before a small letter, or a word.
  EXPECT_EQ(scan(ScannerId::O200k, "1\u0301ABc"), (Words{"1", "\u0301ABc"}));
  EXPECT_EQ(scan(ScannerId::O200k, "1\u0301AB"), (Words{"1", "\u0301", "AB"}));
  EXPECT_EQ(scan(ScannerId::O200k, "1\u0301."), (Words{"1", "\u0301", "."}));
}

TEST(Scanners, ClassesFollowUnicode) {
  // Letters, numbers that are no digits, a no-break space, an ideographic space.
  EXPECT_EQ(scan(ScannerId::Gpt2, "日本\u00B2\u2167\u00A0x\u3000y"),
            (Words{"日本", "\u00B2\u2167", "\u00A0", "x", "\u3000", "y"}));
}

TEST(Scanners, InvalidUtf8IsSymbols) {
  EXPECT_EQ(scan(ScannerId::Gpt2, "a\xFF\xE6\x97z"), (Words{"a", "\xFF\xE6\x97", "z"}));
}

TEST(Scanners, UnknownPatternsHaveNone) { EXPECT_FALSE(findScanner("\\w+").has_value()); }

} // namespace
