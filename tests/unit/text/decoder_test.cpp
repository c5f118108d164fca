#include "SmallTokenizers.h"

using namespace graphc;
using namespace graphc::test;

namespace {

/// Ids of byte pieces of sentencePieceJson.
std::vector<int32_t> byteIds(std::string_view bytes) {
  std::vector<int32_t> ids;
  for (char byte : bytes)
    ids.push_back(3 + static_cast<uint8_t>(byte));
  return ids;
}

TEST(Decoder, StreamHoldsCharactersBackUntilTheyAreWhole) {
  OpenTokenizer byteLevel = openJson(byteLevelJson());
  ASSERT_TRUE(byteLevel.tokenizer);
  StreamDecoder decoder(*byteLevel);
  EXPECT_EQ(decoder.push(0xF0), "");
  EXPECT_EQ(decoder.push(0x9F), "");
  EXPECT_EQ(decoder.push(0x98), "");
  EXPECT_EQ(decoder.push(0x80), "😀");
  EXPECT_EQ(decoder.push(0xE6), "");
  EXPECT_EQ(decoder.push('a'), "\uFFFDa");
  EXPECT_EQ(decoder.push(0xE6), "");
  EXPECT_EQ(decoder.flush(), "\uFFFD");
  EXPECT_EQ(decoder.push('b'), "b");
  EXPECT_EQ(decoder.flush(), "");
}

TEST(Decoder, StreamOfBytePieces) {
  OpenTokenizer pieces = openJson(sentencePieceJson());
  ASSERT_TRUE(pieces.tokenizer);
  StreamDecoder decoder(*pieces);
  EXPECT_EQ(decoder.push(3 + 0xE6), "");
  EXPECT_EQ(decoder.push(3 + 0x97), "");
  EXPECT_EQ(decoder.push(3 + 0xA5), "日"); // At once, though the run goes on.
  EXPECT_EQ(decoder.push(3 + 0xE6), "");
  EXPECT_EQ(decoder.push(3 + 'a'), "\uFFFDa");
  EXPECT_EQ(decoder.push(3 + 0x80), "\uFFFD");
  EXPECT_EQ(decoder.push(3 + 0xC3), "");
  EXPECT_EQ(decoder.flush(), "\uFFFD");
}

TEST(Decoder, WrongRunsOfBytePiecesAreReplacedByteForByte) {
  OpenTokenizer pieces = openJson(sentencePieceJson());
  ASSERT_TRUE(pieces.tokenizer);
  EXPECT_EQ(pieces->decode(byteIds("日"), false), "日");
  EXPECT_EQ(pieces->decode(byteIds("日\xE6"), false), "\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST(Decoder, OneBlankGoesAtTheStart) {
  OpenTokenizer pieces = openJson(sentencePieceJson());
  ASSERT_TRUE(pieces.tokenizer);
  for (std::string text : {"the the", " the", "  a", "", " "}) {
    std::vector<int32_t> ids = pieces.encode(text);
    EXPECT_EQ(pieces->decode(ids, false), text);
    EXPECT_EQ(pieces.stream(ids), text);
  }
}

TEST(Decoder, SpecialTokensAndUnusedIdsAreLeftOut) {
  OpenTokenizer byteLevel = openJson(byteLevelJson());
  ASSERT_TRUE(byteLevel.tokenizer);
  std::vector<int32_t> ids = {'a', 500, 501, 400, -1, 1 << 30, 'b'};
  EXPECT_EQ(byteLevel->decode(ids, true), "a<tag>b");
  EXPECT_EQ(byteLevel->decode(ids, false), "a<|end|><tag>b");
  EXPECT_EQ(byteLevel.stream(ids, true), "a<tag>b");
}

/// Decodes pieces of sentencePieceJson with other decoder steps.
std::string decodeWith(const Json &decoder, std::string_view text) {
  Json json = sentencePieceJson();
  json["decoder"] = decoder;
  OpenTokenizer tokenizer = openJson(json);
  if (!tokenizer.tokenizer)
    return "";
  std::vector<int32_t> ids = tokenizer.encode(text);
  EXPECT_EQ(tokenizer.stream(ids), tokenizer->decode(ids, false));
  return tokenizer->decode(ids, false);
}

TEST(Decoder, OtherSteps) {
  EXPECT_EQ(decodeWith(nullptr, "the a"), "▁the ▁a");
  EXPECT_EQ(decodeWith({{"type", "Metaspace"}, {"replacement", "▁"}}, "the a"), "the a");
  EXPECT_EQ(decodeWith({{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "never"}},
                       "the a"),
            " the a");
  EXPECT_EQ(decodeWith({{"type", "Strip"}, {"content", "▁"}, {"start", 1}, {"stop", 0}}, "the a"),
            "thea");
}

TEST(Decoder, StripAtTheEndOfTheText) {
  Json strip = {{"type", "Strip"}, {"content", "x"}, {"start", 0}, {"stop", 2}};
  EXPECT_EQ(
      decodeWith({{"type", "Sequence"}, {"decoders", {{{"type", "Fuse"}}, strip}}}, "xxaxxaxxx"),
      "▁xxaxxax");
}

TEST(Decoder, PieceTexts) {
  OpenTokenizer byteLevel = openJson(byteLevelJson());
  OpenTokenizer pieces = openJson(sentencePieceJson());
  ASSERT_TRUE(byteLevel.tokenizer && pieces.tokenizer);
  EXPECT_EQ(byteLevel->pieceText(0xE6), "\xE6");
  EXPECT_EQ(byteLevel->pieceText(byteLevel.encode(" wor")[0]), " wor");
  EXPECT_EQ(pieces->pieceText(pieces.encode("the")[0]), "▁the");
  EXPECT_EQ(byteLevel->pieceText(400), "");
  EXPECT_EQ(byteLevel->vocabularySize(), 502);
  EXPECT_TRUE(byteLevel->isSpecial(500));
  EXPECT_FALSE(byteLevel->isSpecial(501));
  EXPECT_FALSE(byteLevel->isUsed(400));
}

} // namespace
