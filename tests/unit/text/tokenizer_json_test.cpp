// Damaged and unsupported tokenizer.json files, and what the parts of good ones do.
#include "SmallTokenizers.h"

#include "SharedData.h"

#include <fstream>
#include <random>

using namespace graphc;
using namespace graphc::test;
using testing::Test;

namespace {

/// Expects a failure whose message has all of `parts`.
void expectFailure(const Status &status, StatusCode code,
                   std::initializer_list<const char *> parts) {
  EXPECT_EQ(status.code(), code) << status.message();
  for (const char *part : parts)
    EXPECT_NE(status.message().find(part), std::string::npos)
        << "'" << part << "' is missing in: " << status.message();
}

TEST(TokenizerJson, E3Row12_MergesOfUnknownPieces) {
  Json json = byteLevelJson();
  json["model"]["merges"][2] = "he QQ";
  expectFailure(failureOf(json), StatusCode::BadInput,
                {"tokenizer.json: model.merges[2]", "'QQ' is not in the vocabulary"});
  json["model"]["merges"][2] = "o o"; // Both halves exist, but not what they make.
  expectFailure(failureOf(json), StatusCode::BadInput, {"'oo' is not in the vocabulary"});
}

TEST(TokenizerJson, E3Row12_MergesThatAreNone) {
  Json json = byteLevelJson();
  for (const Json &merge :
       {Json("he"), Json("h e l"), Json(7), Json({"h", "e", "l"}), Json({1, 2})}) {
    json["model"]["merges"][0] = merge;
    expectFailure(failureOf(json), StatusCode::BadInput, {"merges[0]: expected two pieces"});
  }
}

TEST(TokenizerJson, E3Row12_DuplicateIds) {
  Json json = byteLevelJson();
  json["model"]["vocab"]["hell"] = 65;
  expectFailure(failureOf(json), StatusCode::BadInput, {"id 65 is given to 'A' and to 'hell'"});
  json = byteLevelJson();
  json["added_tokens"][0]["id"] = 65;
  expectFailure(failureOf(json), StatusCode::BadInput,
                {"added_tokens[0]", "id 65 is given to 'A' and to '<|end|>'"});
  json = byteLevelJson();
  json["added_tokens"].push_back(addedToken(502, "<tag>", false));
  expectFailure(failureOf(json), StatusCode::BadInput, {"'<tag>' has id 502, but elsewhere 501"});
}

TEST(TokenizerJson, E3Row12_IdsWithLargeGaps) {
  Json json = byteLevelJson();
  json["model"]["vocab"]["hello"] = 10'000'000;
  expectFailure(failureOf(json), StatusCode::BadInput, {"the largest id is 10000000", "65536"});
  json = byteLevelJson();
  json["added_tokens"][0]["id"] = 10'000'000;
  expectFailure(failureOf(json), StatusCode::BadInput, {"added_tokens[0].id", "far from"});
  json = byteLevelJson();
  json["added_tokens"][0]["id"] = 5000; // A small gap is fine.
  EXPECT_TRUE(failureOf(json).ok());
}

TEST(TokenizerJson, E3Row12_IdsThatAreNone) {
  for (const Json &id : {Json(-1), Json(1.5), Json("7"), Json(uint64_t(1) << 40)}) {
    Json json = byteLevelJson();
    json["model"]["vocab"]["hello"] = id;
    expectFailure(failureOf(json), StatusCode::BadInput, {"'hello': expected an id"});
  }
}

TEST(TokenizerJson, E3Row12_TemplateOfUnknownIds) {
  Json json = sentencePieceJson();
  json["post_processor"]["special_tokens"]["<s>"]["ids"] = {4000};
  expectFailure(failureOf(json), StatusCode::BadInput, {"post_processor", "4000"});
  json = sentencePieceJson();
  json["post_processor"]["special_tokens"].erase("<s>");
  expectFailure(failureOf(json), StatusCode::BadInput, {"special_tokens.<s>: expected an object"});
  json = sentencePieceJson();
  json["post_processor"]["single"].erase(1);
  expectFailure(failureOf(json), StatusCode::BadInput, {"expected one place for the text"});
}

TEST(TokenizerJson, E3Row12_UnknownTokenThatDoesNotExist) {
  Json json = sentencePieceJson();
  json["model"]["unk_token"] = "<nope>";
  expectFailure(failureOf(json), StatusCode::BadInput, {"unk_token", "'<nope>'"});
}

TEST(TokenizerJson, E3Row12_UnsupportedKindsNameTheSupportedOnes) {
  Json json = byteLevelJson();
  json["model"]["type"] = "Odd";
  expectFailure(failureOf(json), StatusCode::Unsupported,
                {"model.type: 'Odd'", "supported: BPE, Unigram, WordPiece, WordLevel"});
  json = byteLevelJson();
  json["normalizer"] = {{"type", "ByteLevel"}};
  expectFailure(failureOf(json), StatusCode::Unsupported, {"normalizer.type: 'ByteLevel'", "NFC"});
  json = byteLevelJson();
  json["pre_tokenizer"] = {{"type", "UnicodeScripts"}};
  expectFailure(failureOf(json), StatusCode::Unsupported, {"pre_tokenizer.type", "Split"});
  json = byteLevelJson();
  json["decoder"] = {{"type", "CTC"}};
  expectFailure(failureOf(json), StatusCode::Unsupported, {"decoder.type", "ByteFallback"});
  json = byteLevelJson();
  json["post_processor"] = {{"type", "Odd"}};
  expectFailure(failureOf(json), StatusCode::Unsupported,
                {"post_processor.type", "TemplateProcessing"});
  json = byteLevelJson();
  json["model"]["end_of_word_suffix"] = "</w>";
  expectFailure(failureOf(json), StatusCode::Unsupported, {"end_of_word_suffix: '</w>'"});
  json = byteLevelJson();
  json["model"]["dropout"] = 0.1;
  expectFailure(failureOf(json), StatusCode::Unsupported, {"dropout: 0.1"});
}

TEST(TokenizerJson, E3Row12_UnknownRegularExpression) {
  Json json = byteLevelJson();
  Json split = {{"type", "Split"},
                {"pattern", {{"Regex", "\\p{Han}+|("}}},
                {"behavior", "Isolated"},
                {"invert", false}};
  json["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers",
       {split, {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}};
  expectFailure(failureOf(json), StatusCode::Unsupported,
                {"pre_tokenizer.pretokenizers[0].pattern", "\\p{Han}+|(", "parenthesis"});
}

TEST(TokenizerJson, E3Row12_StepsThatDoNotFitTogether) {
  Json json = byteLevelJson();
  json["decoder"] = nullptr;
  expectFailure(failureOf(json), StatusCode::Unsupported, {"ByteLevel pre-tokenizer without"});
  json = byteLevelJson();
  json["pre_tokenizer"] = {{"type", "Sequence"},
                           {"pretokenizers", {{{"type", "ByteLevel"}}, {{"type", "Digits"}}}}};
  expectFailure(failureOf(json), StatusCode::Unsupported, {"after ByteLevel"});
}

TEST(TokenizerJson, WrongTypesNameTheKey) {
  Json json = byteLevelJson();
  json["model"]["byte_fallback"] = "yes";
  expectFailure(failureOf(json), StatusCode::BadInput,
                {"model.byte_fallback: expected true or false, but got \"yes\""});
  json = byteLevelJson();
  json["model"] = 3;
  expectFailure(failureOf(json), StatusCode::BadInput,
                {"tokenizer.json: model: expected an object"});
  json = byteLevelJson();
  json["added_tokens"][1]["content"] = nullptr;
  expectFailure(failureOf(json), StatusCode::BadInput, {"added_tokens[1].content"});
  expectFailure(compileJson("[]").status(), StatusCode::BadInput, {"expected an object"});
}

/// Wherever the file is cut off or a byte is changed: an error or a tokenizer, never a crash.
TEST(TokenizerJson, SurvivesMutations) {
  std::mt19937 random(3);
  for (const Json &json : {byteLevelJson(), sentencePieceJson()}) {
    std::string text = json.dump();
    for (int i = 0; i < 400; ++i) {
      EXPECT_FALSE(compileJson(text.substr(0, random() % text.size())).ok());
      std::string changed = text;
      static constexpr char kBytes[] = "0\"{}[],:-9e\\ntf\xFF";
      for (int change = 0; change < 3; ++change)
        changed[random() % changed.size()] = kBytes[random() % (sizeof(kBytes) - 1)];
      Expected<std::vector<std::byte>> blob = compileJson(changed);
      if (blob)
        openTables(*blob).encode("hello <s> 日本 the");
    }
  }
}

TEST(TokenizerJson, BeginAndEndOfText) {
  Expected<TokenizerSpec> spec = readTokenizerJson(sentencePieceJson().dump(), "tokenizer.json");
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->bosId, 1u); // From the template.
  EXPECT_EQ(spec->eosId, kNone);
  Json config = {{"bos_token", {{"content", "</s>"}}}, {"eos_token", "<s>"}};
  ASSERT_TRUE(readTokenizerConfig(config.dump(), "tokenizer_config.json", *spec).ok());
  EXPECT_EQ(spec->bosId, 2u);
  EXPECT_EQ(spec->eosId, 1u);
  OpenTokenizer tokenizer = openTables(buildTokenizerTables(*spec));
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer->bosId(), 2);
  EXPECT_EQ(tokenizer->unknownId(), 0);
  config["eos_token"] = 7;
  expectFailure(readTokenizerConfig(config.dump(), "tokenizer_config.json", *spec),
                StatusCode::BadInput, {"tokenizer_config.json: eos_token: expected a string"});
}

TEST(TokenizerJson, Folders) {
  namespace fs = std::filesystem;
  fs::path folder = fs::path(testing::TempDir()) / "graphc_tokenizer_folder";
  fs::remove_all(folder);
  fs::create_directories(folder);
  Expected<std::vector<std::byte>> none = compileTokenizer(folder.string());
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->empty());
  std::ofstream(folder / "vocab.json") << "x";
  expectFailure(compileTokenizer(folder.string()).status(), StatusCode::Unsupported,
                {"'vocab.json'", "supported: tokenizer.json, tokenizer.model"});
  std::ofstream(folder / "tokenizer.json") << sentencePieceJson().dump();
  std::ofstream(folder / "tokenizer_config.json") << R"({"eos_token": "</s>"})";
  EXPECT_EQ(openTables(compileTokenizer(folder.string()))->eosId(), 2);
  fs::remove_all(folder);
}

/// Ids of "tokenizer.json with other parts".
std::vector<int32_t> encodeWith(Json json, const char *key, const Json &value,
                                std::string_view text) {
  json[key] = value;
  return openJson(json).encode(text);
}

TEST(TokenizerJson, Metaspace) {
  Json json = sentencePieceJson();
  json["normalizer"] = nullptr;
  Json step = {
      {"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "first"}, {"split", false}};
  std::vector<int32_t> expected = openJson(sentencePieceJson()).encode("the a");
  EXPECT_EQ(encodeWith(json, "pre_tokenizer", step, "the a"), expected);
  step["prepend_scheme"] = "never";
  EXPECT_EQ(encodeWith(json, "pre_tokenizer", step, " the a"), expected);
  EXPECT_NE(encodeWith(json, "pre_tokenizer", step, "the a"), expected);
  step = {{"type", "Metaspace"}, {"replacement", "▁"}, {"add_prefix_space", true}};
  EXPECT_EQ(encodeWith(json, "pre_tokenizer", step, "the a"), expected);
}

TEST(TokenizerJson, Normalizers) {
  Json json = byteLevelJson();
  auto expect = [&](const Json &normalizer, std::string_view text, std::string_view same) {
    EXPECT_EQ(encodeWith(json, "normalizer", normalizer, text), openJson(json).encode(same));
  };
  expect({{"type", "NFC"}}, "e\u0301", "\u00E9");
  expect({{"type", "Lowercase"}}, "HeLLO \u0130\u00C9", "hello i\u0307\u00E9");
  expect({{"type", "StripAccents"}}, "e\u0301a", "ea");
  expect({{"type", "Strip"}}, " \u00A0a b\n", "a b");
  expect({{"type", "Strip"}, {"strip_left", false}}, " a ", " a");
  expect({{"type", "Prepend"}, {"prepend", "x"}}, "a", "xa");
  expect({{"type", "Prepend"}, {"prepend", "x"}}, "", "");
  expect({{"type", "Replace"}, {"pattern", {{"String", "aa"}}}, {"content", "b"}}, "aaa", "ba");
}

TEST(TokenizerJson, NormalizedAddedTokens) {
  Json json = byteLevelJson();
  json["normalizer"] = {{"type", "Lowercase"}};
  json["added_tokens"].push_back(addedToken(502, "NEW", false));
  EXPECT_NE(openJson(json).encode("new"), (std::vector<int32_t>{502}));
  EXPECT_EQ(openJson(json).encode("NEW"), (std::vector<int32_t>{502}));
  json["added_tokens"][2]["normalized"] = true; // Content and text are both normalized.
  EXPECT_EQ(openJson(json).encode("neW"), (std::vector<int32_t>{502}));
}

TEST(TokenizerJson, Templates) {
  Json json = sentencePieceJson();
  Json bert = {{"type", "RobertaProcessing"}, {"cls", {"<s>", 1}}, {"sep", {"</s>", 2}}};
  json["post_processor"] = {{"type", "Sequence"}, {"processors", {json["post_processor"], bert}}};
  OpenTokenizer tokenizer = openJson(json);
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode("", {.addSpecial = true}), (std::vector<int32_t>{1, 1, 2}));
  EXPECT_EQ(tokenizer.encode(""), std::vector<int32_t>());
}

} // namespace
