// Hostile texts and damaged tables.
#include "SmallTokenizers.h"

#include "SharedData.h"

#include <chrono>
#include <ctime>
#include <random>

using namespace graphc;
using namespace graphc::test;

namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GRAPHC_SLOW_BUILD 1
#endif
#endif
#if defined(GRAPHC_SLOW_BUILD)
constexpr size_t kLongText = 1'000'000;
#else
constexpr size_t kLongText = 10'000'000;
#endif

std::vector<OpenTokenizer> smallTokenizers() {
  std::vector<OpenTokenizer> result;
  result.push_back(openJson(byteLevelJson()));
  result.push_back(openJson(sentencePieceJson()));
  return result;
}

TEST(Robustness, E3Row13_EmptyText) {
  for (const OpenTokenizer &tokenizer : smallTokenizers()) {
    EXPECT_TRUE(tokenizer.encode("").empty());
    EXPECT_EQ(tokenizer->decode({}, false), "");
  }
}

TEST(Robustness, E3Row13_NulBytes) {
  std::string text("a\0b\0", 4);
  for (const OpenTokenizer &tokenizer : smallTokenizers())
    EXPECT_EQ(tokenizer->decode(tokenizer.encode(text), false), text);
}

/// Invalid bytes keep their places as byte pieces; decoded they read as U+FFFD.
TEST(Robustness, E3Row13_InvalidUtf8) {
  for (const OpenTokenizer &tokenizer : smallTokenizers()) {
    std::vector<int32_t> ids = tokenizer.encode("a\xFFt\xE6\x97");
    EXPECT_EQ(tokenizer->decode(ids, false).find("\uFFFD"), 1u);
    EXPECT_TRUE(isUtf8(tokenizer->decode(ids, false)));
    EXPECT_NE(ids, tokenizer.encode("a\xFEt\xE6\x97"));
  }
}

TEST(Robustness, E3Row13_RandomBytes) {
  std::mt19937 random(5);
  for (const OpenTokenizer &tokenizer : smallTokenizers()) {
    for (int i = 0; i < 300; ++i) {
      std::string text;
      for (size_t length = random() % 3000; length > 0; --length)
        text += static_cast<char>(random());
      std::vector<int32_t> ids = tokenizer.encode(text, {.parseSpecial = true});
      EXPECT_TRUE(isUtf8(tokenizer->decode(ids, false)));
      EXPECT_TRUE(isUtf8(tokenizer.stream(ids)));
    }
  }
}

TEST(Robustness, E3Row13_SpecialTokensInTextAreText) {
  OpenTokenizer byteLevel = openJson(byteLevelJson());
  ASSERT_TRUE(byteLevel.tokenizer);
  EXPECT_EQ(byteLevel.encode("<|end|>", {.parseSpecial = true}), (std::vector<int32_t>{500}));
  for (int32_t id : byteLevel.encode("a<|end|>b"))
    EXPECT_FALSE(byteLevel->isSpecial(id));
  EXPECT_EQ(byteLevel->decode(byteLevel.encode("a<|end|>b"), true), "a<|end|>b");
  // An added token that is not special is matched either way.
  EXPECT_EQ(byteLevel.encode("<tag>"), (std::vector<int32_t>{501}));
}

/// Not even by merges that happen to spell a special token, or as a whole word.
TEST(Robustness, E3Row13_MergesNeverMakeSpecialTokens) {
  Json json = sentencePieceJson();
  addMerges(json["model"], {"s >", "< s>"});
  json["model"]["ignore_merges"] = true;
  json["normalizer"] = nullptr;
  OpenTokenizer tokenizer = openJson(json);
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode("<s>", {.parseSpecial = true}), (std::vector<int32_t>{1}));
  EXPECT_EQ(tokenizer.encode("<s>").size(), 2u);
  EXPECT_EQ(tokenizer->decode(tokenizer.encode("<s>"), true), "<s>");
}

/// CPU seconds for encoding and decoding; checks the round trip if `same`.
double seconds(const Tokenizer &tokenizer, const std::string &text, bool same = true) {
  std::clock_t start = std::clock();
  Expected<std::vector<int32_t>> ids = tokenizer.encode(text);
  EXPECT_TRUE(ids.ok());
  std::string decoded = tokenizer.decode(*ids, false);
  double elapsed = double(std::clock() - start) / CLOCKS_PER_SEC;
  if (same)
    EXPECT_TRUE(decoded == text);
  return elapsed;
}

/// `unit` over and over, or random letters of it.
std::string repeated(std::string_view unit, size_t length) {
  std::string text;
  while (text.size() < length)
    text += unit;
  return text;
}
std::string shuffled(std::string_view letters, size_t length) {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < length)
    text += letters[random() % letters.size()];
  return text;
}

constexpr double kLimit = 40; // Seconds; a few are usual, quadratic time would take hours.

void expectFast(const Tokenizer &tokenizer) {
  EXPECT_LT(seconds(tokenizer, repeated("a", kLongText)), kLimit);
  EXPECT_LT(seconds(tokenizer, shuffled("ab", kLongText)), kLimit);
  for (std::string_view unit : {" ", "\n", "<|", "it's a 12 ", "日本é😀"})
    EXPECT_LT(seconds(tokenizer, repeated(unit, kLongText / 5)), kLimit);
}

TEST(Robustness, E3Row13_LongWordsByteLevel) { expectFast(*openJson(byteLevelJson())); }
TEST(Robustness, E3Row13_LongWordsSentencePiece) { expectFast(*openJson(sentencePieceJson())); }

/// Real vocabularies merge far more.
TEST(Robustness, E3Row13_LongWordsOfRealTokenizers) {
  GRAPHC_REQUIRE_SHARED_DATA("tokenizers/phi-3");
  for (const char *name : {"phi-3", "llama3"}) {
    OpenTokenizer tokenizer =
        openTables(compileTokenizer((sharedData() / "tokenizers" / name).string()));
    ASSERT_TRUE(tokenizer.tokenizer);
    EXPECT_LT(seconds(*tokenizer, repeated("a", kLongText)), kLimit);
    EXPECT_LT(seconds(*tokenizer, shuffled("etaoinshrdlu", kLongText / 5)), kLimit);
  }
}

TEST(Robustness, LargeVocabularyOpensFast) {
  GRAPHC_REQUIRE_SHARED_DATA("tokenizers/llama3");
  OpenTokenizer tokenizer =
      openTables(compileTokenizer((sharedData() / "tokenizers/llama3").string()));
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer->vocabularySize(), 128256);
  double best = 1e9;
  for (int i = 0; i < 10; ++i) {
    auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(Tokenizer::open(tokenizer.bytes).ok());
    std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
    best = std::min(best, elapsed.count());
  }
#if !defined(GRAPHC_SLOW_BUILD)
  EXPECT_LT(best, 5.0) << "milliseconds";
#endif
}

//===- Damaged tables ------------------------------------------------------===//

/// Uses everything that reads tables.
void exercise(const Tokenizer &tokenizer) {
  std::string text = "hello  world the <s>x</s> <|end|> <tag> abab aaaaaaaa 日本 12\xFF " +
                     std::string(3000, 'a') + std::string(50, 'x');
  for (bool special : {false, true}) {
    Expected<std::vector<int32_t>> ids = tokenizer.encode(text, {special, special});
    ASSERT_TRUE(ids.ok());
    tokenizer.decode(*ids, special);
  }
  for (int32_t id = -1; id <= tokenizer.vocabularySize(); ++id)
    tokenizer.pieceText(id);
}

TEST(DamagedTables, CutOffAnywhere) {
  for (const Json &json : {byteLevelJson(), sentencePieceJson()}) {
    std::vector<std::byte> blob = openJson(json).bytes;
    for (size_t size = 0; size < blob.size(); ++size) {
      std::vector<std::byte> cut(blob.begin(), blob.begin() + static_cast<ptrdiff_t>(size));
      Expected<Tokenizer> opened = Tokenizer::open(cut);
      ASSERT_FALSE(opened.ok());
      ASSERT_EQ(opened.status().code(), StatusCode::BadInput);
    }
  }
}

/// Whatever byte is wrong: an error, or a tokenizer that gives other ids, never a crash.
TEST(DamagedTables, WrongBytes) {
  std::mt19937 random(11);
  for (const Json &json : {byteLevelJson(), sentencePieceJson()}) {
    std::vector<std::byte> good = openJson(json).bytes;
    for (int i = 0; i < 3000; ++i) {
      std::vector<std::byte> bad = good;
      for (unsigned change = 0; change <= random() % 3; ++change) {
        // Half of the damage goes to the header.
        size_t range = random() % 2 ? sizeof(TokenizerHeader) : bad.size();
        static constexpr uint8_t kValues[] = {0, 1, 0x7F, 0x80, 0xFF};
        bad[random() % range] = static_cast<std::byte>(kValues[random() % 5]);
      }
      Expected<Tokenizer> opened = Tokenizer::open(bad);
      if (opened)
        exercise(*opened);
      else
        EXPECT_TRUE(opened.status().code() == StatusCode::BadInput ||
                    opened.status().code() == StatusCode::PlanMismatch);
    }
  }
}

TEST(DamagedTables, OtherVersionsAndFiles) {
  std::vector<std::byte> blob = openJson(byteLevelJson()).bytes;
  std::vector<std::byte> other = blob;
  other[4] = std::byte(99);
  EXPECT_EQ(Tokenizer::open(other).status().code(), StatusCode::PlanMismatch);
  other = blob;
  other[0] = std::byte(0);
  EXPECT_EQ(Tokenizer::open(other).status().code(), StatusCode::BadInput);
  other.assign(blob.size() + 8, std::byte(0));
  std::copy(blob.begin(), blob.end(), other.begin() + 1);
  EXPECT_EQ(Tokenizer::open(std::span(other).subspan(1)).status().code(), StatusCode::BadInput);
}

TEST(Tables, TheSameEachTime) {
  EXPECT_TRUE(openJson(byteLevelJson()).bytes == openJson(byteLevelJson()).bytes);
}

} // namespace
