// Stop strings that arrive in parts.
#include "runtime/text/StopStrings.h"

#include <gtest/gtest.h>
#include <vector>

using namespace graphc;

namespace {

using Strings = std::vector<std::string>;

/// What comes out for each part, the last entry at the end of the text.
Strings outputs(const Strings &stops, const Strings &parts) {
  StopScanner scanner(stops);
  Strings result;
  for (const std::string &part : parts)
    result.push_back(scanner.push(part));
  result.push_back(scanner.flush());
  return result;
}

} // namespace

TEST(StopStrings, WithoutAnyNothingIsKeptBack) {
  EXPECT_EQ(outputs({}, {"a", "", "bc"}), (Strings{"a", "", "bc", ""}));
}

TEST(StopStrings, EndTheTextBeforeThem) {
  EXPECT_EQ(outputs({"cd"}, {"abcdef", "gh"}), (Strings{"ab", "", ""}));
  EXPECT_EQ(outputs({"x"}, {"abc", "x"}), (Strings{"abc", "", ""}));
}

TEST(StopStrings, ArriveInAnyParts) {
  EXPECT_EQ(outputs({"\n\nUser:"}, {"Yes.\n", "\nUs", "er", ": no"}),
            (Strings{"Yes.", "", "", "", ""}));
  EXPECT_EQ(outputs({"\n\nUser:"}, {"Yes.\n", "\nUs", "age"}),
            (Strings{"Yes.", "", "\n\nUsage", ""}));
}

TEST(StopStrings, APossibleBeginningComesOutAtTheEnd) {
  EXPECT_EQ(outputs({"stop"}, {"a st", "o"}), (Strings{"a ", "", "sto"}));
}

TEST(StopStrings, OverlapsWithThemselvesAreFound) {
  EXPECT_EQ(outputs({"aab"}, {"a", "a", "a", "b"}), (Strings{"", "", "a", "", ""}));
  EXPECT_EQ(outputs({"aab"}, {"aaab"}), (Strings{"a", ""}));
}

TEST(StopStrings, OfSeveralTheFirstInTheTextCounts) {
  EXPECT_EQ(outputs({"late", "early"}, {"an early, late"}), (Strings{"an ", ""}));
  EXPECT_EQ(outputs({"abc", "bx"}, {"ab", "x"}), (Strings{"", "a", ""}));
}

TEST(StopStrings, KeepCharactersWhole) {
  // "ü" and "ö" begin with the same byte.
  EXPECT_EQ(outputs({"\xc3\xbc!"}, {"\xc3\xb6", "\xc3\xbc", "?"}),
            (Strings{"\xc3\xb6", "", "\xc3\xbc?", ""}));
}

TEST(StopStrings, E3Row17_ImpossibleOnesAreUsageErrors) {
  EXPECT_TRUE(checkStopStrings(Strings{"a", "\xc3\xbc"}).ok());
  for (const Strings &stops : {Strings{""}, Strings{"\xc3"}, Strings{std::string(1025, 'a')},
                               Strings(65, "a"), Strings(100'000, "a")})
    EXPECT_EQ(checkStopStrings(stops).code(), StatusCode::Usage);
}
