// The encoder against the definition of BPE, on words that make its short cuts matter.
#include "SmallTokenizers.h"

#include <map>
#include <random>

using namespace graphc;
using namespace graphc::test;

namespace {

/// BPE as it is defined: merge the leftmost pair of the best rank until there is none. Symbols are
/// characters that are pieces.
std::vector<int32_t> encodeByDefinition(const TokenizerSpec &spec, std::string_view word) {
  std::map<std::pair<uint32_t, uint32_t>, size_t> rankOfPair;
  for (size_t rank = 0; rank < spec.merges.size(); ++rank)
    rankOfPair[{spec.merges[rank].left, spec.merges[rank].right}] = rank; // The place in the list.
  std::vector<int32_t> ids;
  for (char c : word) {
    auto piece = std::find(spec.pieces.begin(), spec.pieces.end(), std::string(1, c));
    ids.push_back(static_cast<int32_t>(piece - spec.pieces.begin()));
  }
  std::vector<size_t> ranks(ids.size()); // Of the merge with the next.
  auto updateRank = [&](size_t i) {
    auto found = i + 1 < ids.size() ? rankOfPair.find({ids[i], ids[i + 1]}) : rankOfPair.end();
    ranks[i] = found == rankOfPair.end() ? SIZE_MAX : found->second;
  };
  for (size_t i = 0; i < ids.size(); ++i)
    updateRank(i);
  for (;;) {
    auto best = std::min_element(ranks.begin(), ranks.end());
    if (best == ranks.end() || *best == SIZE_MAX)
      return ids;
    auto i = static_cast<size_t>(best - ranks.begin());
    ids[i] = static_cast<int32_t>(spec.merges[*best].result);
    ids.erase(ids.begin() + static_cast<ptrdiff_t>(i) + 1);
    ranks.erase(ranks.begin() + static_cast<ptrdiff_t>(i) + 1);
    updateRank(i);
    if (i > 0)
      updateRank(i - 1);
  }
}

/// A model over a few letters, without pre-tokenizer or normalizer.
TokenizerSpec letters(std::string_view alphabet) {
  TokenizerSpec spec;
  for (char c : alphabet)
    spec.pieces.emplace_back(std::string(1, c));
  return spec;
}

/// Adds a merge of two pieces and, if need be, the piece that it makes.
void addMerge(TokenizerSpec &spec, uint32_t left, uint32_t right) {
  std::string text = *spec.pieces[left] + *spec.pieces[right];
  auto piece = std::find(spec.pieces.begin(), spec.pieces.end(), text);
  auto result = static_cast<uint32_t>(piece - spec.pieces.begin());
  if (piece == spec.pieces.end())
    spec.pieces.emplace_back(text);
  spec.merges.push_back({left, right, result, static_cast<uint32_t>(spec.merges.size())});
}

/// Merges of random pieces, in random order of rank.
TokenizerSpec randomModel(std::mt19937 &random, std::string_view alphabet, size_t merges) {
  TokenizerSpec spec = letters(alphabet);
  while (spec.merges.size() < merges) {
    auto left = static_cast<uint32_t>(random() % spec.pieces.size());
    auto right = static_cast<uint32_t>(random() % spec.pieces.size());
    if (spec.pieces[left]->size() + spec.pieces[right]->size() <= 12)
      addMerge(spec, left, right);
  }
  std::shuffle(spec.merges.begin(), spec.merges.end(), random);
  for (uint32_t rank = 0; rank < spec.merges.size(); ++rank)
    spec.merges[rank].rank = rank;
  return spec;
}

std::string randomWord(std::mt19937 &random, std::string_view alphabet, size_t length) {
  std::string word;
  for (size_t i = 0; i < length; ++i)
    word += alphabet[random() % alphabet.size()];
  return word;
}

TEST(Bpe, EqualsTheDefinitionForRandomModels) {
  std::mt19937 random(7);
  for (int model = 0; model < 60; ++model) {
    std::string_view alphabet = std::string_view("abcde").substr(0, 2 + model % 4);
    TokenizerSpec spec = randomModel(random, alphabet, 1 + random() % 30);
    OpenTokenizer tokenizer = openTables(buildTokenizerTables(spec));
    ASSERT_TRUE(tokenizer.tokenizer);
    for (size_t length : {1, 2, 5, 16, 17, 31, 33, 100, 300}) {
      std::string word = randomWord(random, alphabet, length);
      EXPECT_EQ(tokenizer.encode(word), encodeByDefinition(spec, word)) << word;
    }
  }
}

/// Long words are merged in blocks of 2048 symbols.
TEST(Bpe, SeamsBetweenBlocksAreExact) {
  std::mt19937 random(8);
  for (int model = 0; model < 12; ++model) {
    std::string_view alphabet = std::string_view("abc").substr(0, 1 + model % 3);
    TokenizerSpec spec = randomModel(random, alphabet, 2 + random() % 12);
    OpenTokenizer tokenizer = openTables(buildTokenizerTables(spec));
    ASSERT_TRUE(tokenizer.tokenizer);
    std::string word = randomWord(random, alphabet, 4100 + random() % 100);
    EXPECT_EQ(tokenizer.encode(word), encodeByDefinition(spec, word));
  }
}

/// What follows can change a word far to the left: when "yz" merges before "xy", "xy" before "wx"
/// and so on, the end of an ascending run decides how all of it is paired.
TEST(Bpe, ContextReachesFarAcrossASeam) {
  std::string alphabet;
  for (char c = '!'; c <= '~'; ++c)
    alphabet += c;
  TokenizerSpec spec = letters(alphabet);
  for (auto i = static_cast<uint32_t>(alphabet.size()) - 1; i > 0; --i)
    addMerge(spec, i - 1, i);
  addMerge(spec, 0, 0); // Or the word would be cut after the first letters.
  OpenTokenizer tokenizer = openTables(buildTokenizerTables(spec));
  ASSERT_TRUE(tokenizer.tokenizer);
  for (size_t shift = 0; shift < alphabet.size(); shift += 5) {
    // The end of the first block falls into the ascending run.
    std::string word(2048 - shift, alphabet[0]);
    word += alphabet + alphabet;
    EXPECT_EQ(tokenizer.encode(word), encodeByDefinition(spec, word));
  }
}

TEST(Bpe, IgnoreMergesTakesWholeWordsOnly) {
  Json json = byteLevelJson();
  addPiece(json["model"]["vocab"], "xyz"); // No merge makes it.
  EXPECT_EQ(openJson(json).encode("xyz").size(), 3u);
  json["model"]["ignore_merges"] = true;
  OpenTokenizer tokenizer = openJson(json);
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode("xyz").size(), 1u);
  EXPECT_EQ(tokenizer.encode("xyzz").size(), 4u);
  // Not inside a long word either, though that is encoded in parts.
  EXPECT_EQ(tokenizer.encode("xyz" + std::string(60, 'q')).size(), 63u);
}

TEST(Bpe, UnknownCharacters) {
  Json json = sentencePieceJson();
  json["model"]["byte_fallback"] = false;
  EXPECT_EQ(openJson(json).encode("aQQ日a").size(), 3u); // One <unk> for three characters.
  json["model"]["fuse_unk"] = false;
  EXPECT_EQ(openJson(json).encode("aQQ日a").size(), 5u);
  json["model"]["unk_token"] = nullptr;
  // What has no piece vanishes, and what was around it meets.
  OpenTokenizer dropping = openJson(json);
  EXPECT_EQ(dropping.encode("aQb"), dropping.encode("ab"));
}

TEST(Bpe, FusedUnknownsAcrossBlocks) {
  Json json = sentencePieceJson();
  json["model"]["byte_fallback"] = false;
  std::string text;
  for (int i = 0; i < 5000; ++i)
    text += "日";
  EXPECT_EQ(openJson(json).encode(text).size(), 2u); // "▁" and one <unk>.
}

/// A model that merges byte pieces cannot be cut, but encodes.
TEST(Bpe, InseparableModels) {
  Json json = sentencePieceJson();
  json["model"]["vocab"]["<0xE6><0x97>"] = json["model"]["vocab"].size();
  json["model"]["merges"].push_back("<0xE6> <0x97>");
  OpenTokenizer tokenizer = openJson(json);
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode("日").size(), 3u); // "▁", the merged piece, <0xA5>.
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text += "日";
  EXPECT_EQ(tokenizer.encode(text).size(), 6001u);
}

TEST(Bpe, MergesGivenAsPairs) {
  Json json = byteLevelJson();
  Json pairs = Json::array();
  for (const Json &merge : json["model"]["merges"]) {
    std::string text = merge;
    size_t blank = text.find(' ');
    pairs.push_back({text.substr(0, blank), text.substr(blank + 1)});
  }
  std::vector<int32_t> expected = openJson(json).encode("hello world hello");
  json["model"]["merges"] = pairs;
  EXPECT_EQ(openJson(json).encode("hello world hello"), expected);
  EXPECT_EQ(expected.size(), 4u); // hello, " wor", ld, " hello".
}

} // namespace
