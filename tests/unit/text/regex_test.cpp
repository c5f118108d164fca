#include "runtime/text/Regex.h"

#include "SmallTokenizers.h"
#include "runtime/text/Scanners.h"

#include <random>

using namespace graphc;
using namespace graphc::test;

namespace {

using Words = std::vector<std::string>;

/// The matches of an expression in a text.
Words matches(std::string_view pattern, std::string_view text) {
  Expected<Regex> regex = Regex::compile(pattern);
  EXPECT_TRUE(regex.ok()) << regex.status().message();
  Words words;
  if (!regex)
    return words;
  Status status = regex->forEachMatch(
      text, [&](size_t begin, size_t end) { words.emplace_back(text.substr(begin, end - begin)); });
  EXPECT_TRUE(status.ok()) << status.message();
  return words;
}

TEST(Regex, MatchesInOrder) {
  EXPECT_EQ(matches("[0-9]{1,3}", "1234 5"), (Words{"123", "4", "5"}));
  EXPECT_EQ(matches("\\p{Han}+", "ab日本c語"), (Words{"日本", "語"}));
  EXPECT_EQ(matches("\\s+(?!\\S)", "a   b"), (Words{"  "}));
  EXPECT_TRUE(matches("x", "").empty());
}

/// An empty match is one, but not where another match ended.
TEST(Regex, EmptyMatches) {
  EXPECT_EQ(matches("(?=[A-Z])", "aBcD"), (Words{"", ""}));
  EXPECT_EQ(matches("b*", "abb日"), (Words{"", "bb", ""}));
}

TEST(Regex, ClassesAreThoseOfUnicode) {
  EXPECT_EQ(matches("\\w+", "e\u0301a_\u2460\u24B6-x"), (Words{"e\u0301a_", "x"}));
  EXPECT_EQ(matches("\\s", "a\u180E\u00A0\u0085\u3000"), (Words{"\u00A0", "\u0085", "\u3000"}));
  EXPECT_EQ(matches("[^\\s\\d]+", "ab 1\u0661c"), (Words{"ab", "c"}));
}

TEST(Regex, AnchorsAreThoseOfLines) { EXPECT_EQ(matches("^.", "ab\ncd"), (Words{"a", "c"})); }

TEST(Regex, BytesThatAreNotUtf8MatchAsControlCharacters) {
  EXPECT_EQ(matches("[^a-z]+", "a\xFF\xE6\x97z"), (Words{"\xFF\xE6\x97"}));
  EXPECT_EQ(matches("\\p{L}+", "a\xFFz"), (Words{"a", "z"}));
}

/// What Oniguruma reads differently is refused by name.
TEST(Regex, OtherMeaningsAreRefused) {
  const std::pair<const char *, const char *> cases[] = {
      {"[a&&b]", "an intersection of classes at offset 2"},
      {"[a[bc]]", "a class inside a class"},
      {"\\h+", "'\\h'"},
      {"a\\b", "'\\b'"},
      {"[^\\S\\n]", "'\\S' in a class"},
      {"(?m).", "(?m"},
      {"\\p{N}{1,3}+", "}+"},
      {"a\\", "'\\'"},
      {"(a", "parenthesis"},
      {"\\p{Nonsense}", "property"},
  };
  for (auto [pattern, expected] : cases) {
    Status status = Regex::compile(pattern).status();
    EXPECT_EQ(status.code(), StatusCode::Unsupported) << pattern;
    EXPECT_NE(status.message().find(expected), std::string::npos) << status.message();
    EXPECT_NE(status.message().find("regular expression"), std::string::npos);
  }
  EXPECT_EQ(Regex::compile(std::string(20'000, 'a')).status().code(), StatusCode::Unsupported);
}

TEST(Regex, LimitsEndHopelessMatches) {
  Expected<Regex> regex = Regex::compile("(a+)+b");
  ASSERT_TRUE(regex.ok());
  Status status = regex->forEachMatch(std::string(100, 'a') + "cb", [](size_t, size_t) {});
  EXPECT_EQ(status.code(), StatusCode::Unsupported);
  EXPECT_NE(status.message().find("(a+)+b"), std::string::npos) << status.message();
}

/// A byte-level tokenizer that splits with an expression first.
Json splitJson(const std::string &pattern, const std::string &behavior, bool invert) {
  Json json = byteLevelJson();
  Json split = {{"type", "Split"},
                {"pattern", {{"Regex", pattern}}},
                {"behavior", behavior},
                {"invert", invert}};
  json["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers",
       {split, {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}};
  return json;
}

TEST(Regex, SplitsWords) {
  // "aa" is a piece; "aaaa" is one, too.
  EXPECT_EQ(openJson(splitJson("a{3}", "Isolated", false)).encode("aaaa").size(), 3u);
  EXPECT_EQ(openJson(splitJson("a{3}", "Removed", false)).encode("aaaaa").size(), 1u);
  EXPECT_EQ(openJson(splitJson("a{3}", "Removed", true)).encode("aaaaa").size(), 2u);
  EXPECT_EQ(openJson(splitJson("(?<=a)(?=a)", "Isolated", false)).encode("aaaa").size(), 4u);
}

TEST(Regex, FailuresEndEncoding) {
  OpenTokenizer tokenizer = openJson(splitJson("(a+)+b", "Isolated", false));
  ASSERT_TRUE(tokenizer.tokenizer);
  Expected<std::vector<int32_t>> ids = tokenizer->encode(std::string(100, 'a') + "cb");
  EXPECT_EQ(ids.status().code(), StatusCode::Unsupported);
}

/// The scanners do what PCRE2 makes of the same expressions.
TEST(Regex, AgreesWithScanners) {
  const std::string forms[] = {
      R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
      R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
  const char *letters[] = {"a",      "B", "s", "'",  " ",  " ",     "\n",     "\r",
                           "\t",     "1", "²", "é",  "É",  "日",    "\u0301", "ǅ",
                           "\u00A0", "!", "/", "😀", "ll", "\u017F"};
  std::mt19937 random(3);
  for (const std::string &form : forms) {
    Scanner scan = scannerOf(*findScanner(form));
    for (int i = 0; i < 400; ++i) {
      std::string text;
      for (size_t length = random() % 30; length > 0; --length)
        text += letters[random() % std::size(letters)];
      Words scanned;
      for (size_t position = 0, end = 0; position < text.size(); position = end) {
        end = scan(text, position);
        scanned.push_back(text.substr(position, end - position));
      }
      EXPECT_EQ(matches(form, text), scanned) << text;
    }
  }
}

} // namespace
