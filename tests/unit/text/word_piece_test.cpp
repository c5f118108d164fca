#include "SmallTokenizers.h"

using namespace graphc;
using namespace graphc::test;

namespace {

/// A BERT-like tokenizer.json.
Json wordPieceJson() {
  Json vocabulary = Json::object();
  for (const char *piece : {"[UNK]", "un", "##able", "##a", "able", "##b", "a", ",", "日"})
    addPiece(vocabulary, piece);
  return {{"normalizer", {{"type", "BertNormalizer"}}},
          {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
          {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
          {"model",
           {{"type", "WordPiece"},
            {"unk_token", "[UNK]"},
            {"continuing_subword_prefix", "##"},
            {"max_input_chars_per_word", 10},
            {"vocab", vocabulary}}}};
}

TEST(WordPiece, LongestPiecesFirst) {
  OpenTokenizer tokenizer = openJson(wordPieceJson());
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode("Unable, able"), (std::vector<int32_t>{1, 2, 7, 4}));
  EXPECT_EQ(tokenizer.encode("unab 日日"), (std::vector<int32_t>{1, 3, 5, 8, 8}));
  EXPECT_EQ(tokenizer->decode({{1, 2, 7, 4}}, false), "unable, able");
}

/// A word is unknown as a whole.
TEST(WordPiece, UnknownWords) {
  OpenTokenizer tokenizer = openJson(wordPieceJson());
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode("unx able"), (std::vector<int32_t>{0, 4}));
  EXPECT_EQ(tokenizer.encode("aaaaaaaaaa").size(), 10u);
  EXPECT_EQ(tokenizer.encode("aaaaaaaaaaa"), (std::vector<int32_t>{0})); // Too long.
}

TEST(WordPiece, Limits) {
  Json json = wordPieceJson();
  json["model"]["max_input_chars_per_word"] = 1'000'000;
  EXPECT_EQ(failureOf(json).code(), StatusCode::BadInput);
  json = wordPieceJson();
  json["model"]["unk_token"] = "[NO]";
  EXPECT_NE(failureOf(json).message().find("unk_token: '[NO]'"), std::string::npos);
}

TEST(WordLevel, WordsArePieces) {
  Json json = wordPieceJson();
  json["model"]["type"] = "WordLevel";
  json["decoder"] = nullptr;
  json["pre_tokenizer"] = {{"type", "Whitespace"}};
  OpenTokenizer tokenizer = openJson(json);
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode("able un,a unable"), (std::vector<int32_t>{4, 1, 7, 6, 0}));
  EXPECT_EQ(tokenizer->decode({{4, 1}}, false), "able un");
}

/// \w+|[^\w\s]+, and splitting at one character.
TEST(PreTokenizers, WhitespaceAndDelimiters) {
  Json json = wordPieceJson();
  json["pre_tokenizer"] = {{"type", "Whitespace"}};
  EXPECT_EQ(openJson(json).encode("a,,a"), (std::vector<int32_t>{6, 0, 6})); // ",," is one word.
  json["pre_tokenizer"] = {{"type", "CharDelimiterSplit"}, {"delimiter", "-"}};
  EXPECT_EQ(openJson(json).encode("a--able"), (std::vector<int32_t>{6, 4}));
}

} // namespace
