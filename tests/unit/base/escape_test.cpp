// Text of others in messages.
#include "runtime/base/Escape.h"

#include <gtest/gtest.h>

using namespace graphc;

TEST(Escape, HexTextHasItsDigits) {
  EXPECT_EQ(hexText(0xff, 4), "00ff");
  EXPECT_EQ(hexText(0x12345, 3), "345");
  EXPECT_EQ(hexText(0x0123456789abcdef, 16), "0123456789abcdef");
}

TEST(Escape, LetsReadableTextPass) {
  EXPECT_EQ(escapeForMessage("a b~"), "a b~");
  EXPECT_EQ(escapeForMessage("Gr\u00fc\u00dfe \u4f60\u597d \U0001f600"),
            "Gr\u00fc\u00dfe \u4f60\u597d \U0001f600");
}

TEST(Escape, EscapesControls) {
  EXPECT_EQ(escapeForMessage("a\x1b[31m\n\x7f"), "a\\x1b[31m\\x0a\\x7f");
  EXPECT_EQ(escapeForMessage("\u0085"), "\\u{0085}");
}

/// They would show other text than there is.
TEST(Escape, EscapesMarksOfDirectionAndWidth) {
  EXPECT_EQ(escapeForMessage("a\u202eb\u2066c\u200bd\ufeff"),
            "a\\u{202e}b\\u{2066}c\\u{200b}d\\u{feff}");
}

TEST(Escape, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(escapeForMessage("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(escapeForMessage("\xed\xa0\x80"), "\\xed\\xa0\\x80"); // a surrogate
}

TEST(Escape, ShortensBetweenCharacters) {
  EXPECT_EQ(escapeForMessage(std::string(200, 'x'), 5), "xxxxx...");
  EXPECT_EQ(escapeForMessage("\u00fc\u00fc\u00fc", 3), "\u00fc\u00fc...");
}
