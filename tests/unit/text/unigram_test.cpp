// The Unigram encoder against its definition.
#include "SmallTokenizers.h"

#include <map>
#include <random>

using namespace graphc;
using namespace graphc::test;

namespace {

/// The best segmentation, found by going through all ways to each place: kNone for an unknown
/// character.
std::vector<uint32_t> bestPath(const TokenizerSpec &spec, const std::string &text) {
  struct Way {
    double score = -1e300;
    std::vector<uint32_t> ids;
  };
  std::vector<Way> ways(text.size() + 1);
  ways[0].score = 0;
  for (size_t begin = 0; begin < text.size(); ++begin) {
    bool hasChar = false;
    auto reach = [&](size_t end, double score, uint32_t id) {
      if (ways[begin].score + score <= ways[end].score)
        return;
      ways[end] = ways[begin];
      ways[end].score += score;
      ways[end].ids.push_back(id);
    };
    for (size_t end = begin + 1; end <= text.size(); ++end) {
      auto piece =
          std::find(spec.pieces.begin(), spec.pieces.end(), text.substr(begin, end - begin));
      if (piece == spec.pieces.end())
        continue;
      auto id = static_cast<uint32_t>(piece - spec.pieces.begin());
      reach(end, spec.scores[id], id);
      hasChar = hasChar || end == begin + 1;
    }
    if (!hasChar)
      reach(begin + 1, spec.unknownScore, kNone);
  }
  return ways[text.size()].ids;
}

/// The same as ids: unknown characters in a row are one piece.
std::vector<int32_t> encodeByDefinition(const TokenizerSpec &spec, const std::string &text) {
  std::vector<int32_t> ids;
  bool lastUnknown = false;
  for (uint32_t id : bestPath(spec, text)) {
    if (id != kNone || !lastUnknown)
      ids.push_back(static_cast<int32_t>(id == kNone ? spec.unknownId : id));
    lastUnknown = id == kNone;
  }
  return ids;
}

TokenizerSpec randomModel(std::mt19937 &random, std::string_view alphabet) {
  TokenizerSpec spec;
  spec.model = ModelKind::Unigram;
  spec.unknownId = 0;
  spec.pieces.emplace_back("<unk>");
  spec.scores.push_back(0);
  for (size_t count = 2 + random() % 20; count > 0; --count) {
    std::string piece;
    for (size_t length = 1 + random() % 5; length > 0; --length)
      piece += alphabet[random() % alphabet.size()];
    if (std::find(spec.pieces.begin(), spec.pieces.end(), piece) != spec.pieces.end())
      continue;
    spec.pieces.emplace_back(piece);
    spec.scores.push_back(-double(random() % 40) / 4); // Ties are frequent.
  }
  spec.unknownScore = -20;
  return spec;
}

TEST(Unigram, EqualsTheDefinitionForRandomModels) {
  std::mt19937 random(4);
  for (int model = 0; model < 150; ++model) {
    TokenizerSpec spec = randomModel(random, "abcd");
    OpenTokenizer tokenizer = openTables(buildTokenizerTables(spec));
    ASSERT_TRUE(tokenizer.tokenizer);
    for (size_t length : {1, 2, 5, 15, 16, 17, 60}) {
      std::string text;
      for (size_t i = 0; i < length; ++i)
        text += "abcdx"[random() % 5];
      EXPECT_EQ(tokenizer.encode(text), encodeByDefinition(spec, text)) << text;
    }
  }
}

/// A T5-like tokenizer.json.
Json unigramJson() {
  Json json = {{"normalizer", nullptr},
               {"pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "▁"}}},
               {"decoder", {{"type", "Metaspace"}, {"replacement", "▁"}}},
               {"model", {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", Json::array()}}}};
  const std::pair<const char *, double> pieces[] = {{"<unk>", 0}, {"▁", -2}, {"▁the", -3},
                                                    {"the", -4},  {"t", -5}, {"h", -5.5},
                                                    {"e", -5},    {"▁a", -3}};
  for (auto [text, score] : pieces)
    json["model"]["vocab"].push_back({text, score});
  return json;
}

TEST(Unigram, ReadsJson) {
  OpenTokenizer tokenizer = openJson(unigramJson());
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode("the the"), (std::vector<int32_t>{2, 2}));
  EXPECT_EQ(tokenizer.encode("thetea"), (std::vector<int32_t>{2, 4, 6, 0}));
  EXPECT_EQ(tokenizer.encode("QQ日 a"), (std::vector<int32_t>{1, 0, 7}));
  EXPECT_EQ(tokenizer->decode(tokenizer.encode("the a"), false), "the a");
}

TEST(Unigram, ByteFallback) {
  Json json = unigramJson();
  json["model"]["byte_fallback"] = true;
  for (const char *byte : {"<0xC3>", "<0xA4>"})
    json["model"]["vocab"].push_back({byte, -20.0});
  OpenTokenizer tokenizer = openJson(json);
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode("ä"), (std::vector<int32_t>{1, 8, 9}));
  EXPECT_EQ(tokenizer.encode("ö"), (std::vector<int32_t>{1, 0})); // Not all bytes have a piece.
}

TEST(Unigram, DamagedJson) {
  auto expectBad = [](const Json &json, const char *part) {
    Status status = failureOf(json);
    EXPECT_EQ(status.code(), StatusCode::BadInput);
    EXPECT_NE(status.message().find(part), std::string::npos) << status.message();
  };
  Json json = unigramJson();
  json["model"]["vocab"][3] = {"the"};
  expectBad(json, "model.vocab[3]: expected a piece and its score");
  json = unigramJson();
  json["model"]["unk_id"] = 8;
  expectBad(json, "model.unk_id: expected an integer from 0 to 7");
  json["model"]["unk_id"] = nullptr;
  expectBad(json, "unk_id");
  json = unigramJson();
  json["model"]["vocab"] = Json::array();
  expectBad(json, "model.vocab: expected at least one piece, but got none");
  json = unigramJson();
  json["model"]["vocab"].push_back({std::string(2000, 'a'), -1.0});
  EXPECT_EQ(failureOf(json).code(), StatusCode::Unsupported);
}

/// One word of megabytes, whose pieces overlap everywhere.
TEST(Unigram, LongWordsAreLinear) {
  Json json = unigramJson();
  json["pre_tokenizer"] = nullptr;
  json["model"]["vocab"].push_back({"tt", -6.0});
  json["model"]["vocab"].push_back({"ttttttt", -20.0});
  OpenTokenizer tokenizer = openJson(json);
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode(std::string(1'400'000, 't')).size(), 200'000u);
  EXPECT_EQ(tokenizer.encode(std::string(1'000'000, 'q')).size(), 1u);
}

} // namespace
