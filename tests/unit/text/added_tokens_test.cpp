#include "runtime/text/AddedTokens.h"
#include "runtime/text/SplitBehavior.h"
#include "runtime/text/TrieBuilder.h"

#include <gtest/gtest.h>

using namespace graphc;

namespace {

/// Tokens by content; the id of the n-th is n.
struct Tokens {
  std::vector<AddedToken> list;
  TrieEntries entries;

  Tokens(std::initializer_list<std::pair<const char *, uint32_t>> contents) {
    for (auto [content, flags] : contents) {
      auto index = static_cast<uint32_t>(list.size());
      list.push_back({index, flags});
      entries.emplace(content, index);
    }
  }

  /// The parts of a text: strings, and tokens as [id].
  std::string split(std::string_view text, bool special = true) const {
    std::vector<TrieNode> trie = buildTrie(entries);
    std::string parts;
    AddedTokenSplitter(trie, list, special)
        .split(
            text, [&](std::string_view part) { (parts += '"').append(part) += '"'; },
            [&](uint32_t id) { parts += '[' + std::to_string(id) + ']'; });
    return parts;
  }
};

TEST(AddedTokens, LeftmostThenLongest) {
  Tokens tokens({{"<a", 0}, {"<ab>", 0}, {"b>c", 0}});
  EXPECT_EQ(tokens.split("x<ab>c<abb>c"), "\"x\"[1]\"c\"[0]\"b\"[2]");
  EXPECT_EQ(tokens.split(""), "");
  EXPECT_EQ(tokens.split("<"), "\"<\"");
}

TEST(AddedTokens, SpecialTokensAreTextUnlessAskedFor) {
  Tokens tokens({{"<s>", kAddedSpecial}, {"<s", 0}});
  EXPECT_EQ(tokens.split("a<s>b", true), "\"a\"[0]\"b\"");
  EXPECT_EQ(tokens.split("a<s>b", false), "\"a\"[1]\">b\"");
}

TEST(AddedTokens, SingleWordsStandAlone) {
  Tokens tokens({{"cat", kAddedSingleWord}});
  EXPECT_EQ(tokens.split("cat concat cats, cat"), "[0]\" concat cats, \"[0]");
  EXPECT_EQ(tokens.split("é\u00E9cat"), "\"é\u00E9cat\"");
}

TEST(AddedTokens, StripTakesWhitespaceOfAnyKind) {
  Tokens tokens({{"<l>", kAddedLeftStrip}, {"<r>", kAddedRightStrip}});
  EXPECT_EQ(tokens.split("a \u00A0\n<l> b"), "\"a\"[0]\" b\"");
  EXPECT_EQ(tokens.split("a <r>\u3000 b"), "\"a \"[1]\"b\"");
  // Whitespace that the token before has taken is not taken twice.
  EXPECT_EQ(tokens.split("<r>  <l>x"), "[1][0]\"x\"");
}

TEST(AddedTokens, NoTokens) { EXPECT_EQ(Tokens({}).split("abc"), "\"abc\""); }

/// Words of "a--b-" with "-" as separator, joined by blanks.
std::string words(SplitBehavior behavior) {
  std::string result;
  auto emit = [&](std::string_view word) { (result += result.empty() ? "" : " ") += word; };
  Splitter<decltype(emit)> splitter(behavior, emit);
  std::string_view text = "a--b-";
  for (size_t i = 0; i < text.size(); ++i)
    splitter.part(text.substr(i, 1), text[i] == '-');
  splitter.finish();
  return result;
}

TEST(SplitBehavior, PutsSeparatorsWhereItShould) {
  EXPECT_EQ(words(SplitBehavior::Removed), "a b");
  EXPECT_EQ(words(SplitBehavior::Isolated), "a - - b -");
  EXPECT_EQ(words(SplitBehavior::MergedWithPrevious), "a- - b-");
  EXPECT_EQ(words(SplitBehavior::MergedWithNext), "a - -b -");
  EXPECT_EQ(words(SplitBehavior::Contiguous), "a -- b -");
}

} // namespace
