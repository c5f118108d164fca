#include "runtime/text/Unicode.h"
#include "runtime/text/UnicodeForms.h"

#include <ctime>
#include <gtest/gtest.h>

using namespace graphc;

namespace {

std::string lossy(std::string_view text) {
  std::string out;
  EXPECT_EQ(appendLossy(out, text, /*whole=*/true), text.size());
  return out;
}

std::string normalized(std::string_view text, UnicodeForm form) {
  std::string out;
  appendNormalized(out, text, form);
  return out;
}

TEST(Unicode, DecodesEveryCodePoint) {
  for (char32_t value = 0; value < 0x110000; ++value) {
    if (value >= 0xD800 && value < 0xE000)
      continue;
    std::string text;
    appendChar(text, value);
    DecodedChar c = decodeChar(text, 0);
    ASSERT_TRUE(c.valid);
    ASSERT_EQ(c.value, value);
    ASSERT_EQ(c.length, text.size());
    ASSERT_EQ(previousChar(text, text.size()), 0u);
  }
}

TEST(Unicode, RefusesWhatIsNotUtf8) {
  for (std::string_view text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE6\x97", "\xF0\x9F\x98"}) {
    DecodedChar c = decodeChar(text, 0);
    EXPECT_FALSE(c.valid);
    EXPECT_EQ(c.length, 1u);
    EXPECT_FALSE(isUtf8(text));
  }
}

TEST(Unicode, ReplacesTheLongestWrongPart) {
  EXPECT_EQ(lossy("a\xE6\x97z"), "a\uFFFDz");             // Begins a character, then breaks off.
  EXPECT_EQ(lossy("\xF0\x9F\x98"), "\uFFFD");             // Breaks off at the end.
  EXPECT_EQ(lossy("\xE0\x80\x80"), "\uFFFD\uFFFD\uFFFD"); // Could never begin one.
  EXPECT_EQ(lossy("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD"); // A surrogate.
}

TEST(Unicode, KeepsBackWhatMayBecomeACharacter) {
  std::string out;
  EXPECT_EQ(appendLossy(out, "a\xF0\x9F\x98", /*whole=*/false), 1u);
  EXPECT_EQ(out, "a");
}

TEST(UnicodeForms, ComposeAndDecompose) {
  EXPECT_EQ(normalized("e\u0301 x", UnicodeForm::Nfc), "\u00E9 x");
  EXPECT_EQ(normalized("\u00E9 x", UnicodeForm::Nfd), "e\u0301 x");
  EXPECT_EQ(normalized("\u212B", UnicodeForm::Nfc), "\u00C5");
  EXPECT_EQ(normalized("\uFB01\u00B2", UnicodeForm::Nfkc), "fi2");
  EXPECT_EQ(normalized("\uFB01\u00B2", UnicodeForm::Nfc), "\uFB01\u00B2");
  EXPECT_EQ(normalized("\u1112\u1161\u11AB", UnicodeForm::Nfc), "\uD55C");
  EXPECT_EQ(normalized("\uD55C", UnicodeForm::Nfkd), "\u1112\u1161\u11AB");
  EXPECT_EQ(normalized("\u0958", UnicodeForm::Nfc), "\u0915\u093C"); // Never composed.
}

TEST(UnicodeForms, MarksAreSortedByClass) {
  // U+0323 (class 220) goes before U+0301 (230) and composes with the letter.
  EXPECT_EQ(normalized("a\u0301\u0323", UnicodeForm::Nfd), "a\u0323\u0301");
  EXPECT_EQ(normalized("a\u0301\u0323", UnicodeForm::Nfc), "\u1EA1\u0301");
}

TEST(UnicodeForms, InvalidBytesStay) {
  EXPECT_EQ(normalized("e\xFF\u0301\xE6", UnicodeForm::Nfc), "e\xFF\u0301\xE6");
}

TEST(UnicodeForms, E3Row13_LongRunsOfMarksTakeNoQuadraticTime) {
  std::string text = "a";
  for (int i = 0; i < 400000; ++i)
    text += i % 2 ? "\u0323" : "\u0301"; // Ever out of order: the worst case of a bubble sort.
  std::clock_t start = std::clock();
  EXPECT_EQ(normalized(text, UnicodeForm::Nfd).size(), text.size());
  EXPECT_LT(double(std::clock() - start) / CLOCKS_PER_SEC, 10.0);
}

} // namespace
