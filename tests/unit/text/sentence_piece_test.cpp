// tokenizer.model: what the parts of good files do, and damaged ones.
#include "runtime/text/SentencePiece.h"

#include "SmallCharsmap.h"
#include "SmallSentencePiece.h"
#include "SmallTokenizers.h"

#include <fstream>
#include <random>

using namespace graphc;
using namespace graphc::test;

namespace {

Expected<TokenizerSpec> readSpec(const std::string &file) {
  GRAPHC_ASSIGN_OR_RETURN(SentencePieceFile read,
                          readSentencePieceFile(std::as_bytes(std::span(file)), "tokenizer.model"));
  return makeSentencePieceSpec(read.model, "tokenizer.model");
}

OpenTokenizer openModel(const std::string &file) {
  Expected<TokenizerSpec> spec = readSpec(file);
  EXPECT_TRUE(spec.ok()) << spec.status().message();
  return spec ? openTables(buildTokenizerTables(*spec)) : OpenTokenizer();
}

void expectFailure(const std::string &file, StatusCode code, const char *part) {
  Status status = readSpec(file).status();
  EXPECT_EQ(status.code(), code) << status.message();
  EXPECT_NE(status.message().find(part), std::string::npos) << status.message();
}

using Ids = std::vector<int32_t>;

/// The piece of the highest score is made first, wherever; of equal scores the leftmost.
TEST(SentencePiece, BpeMergesByScore) {
  std::string file = pieces({"ab", "bc", "abc", "a", "b", "c", "▁"}) + piece("cc", -2) +
                     piece("bcc", -2) + trainer(kBpe) + normalizer(true, true);
  OpenTokenizer tokenizer = openModel(file);
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode("abc"), (Ids{9, 5}));      // ▁, then ab and c.
  EXPECT_EQ(tokenizer.encode("bccc"), (Ids{9, 11, 8})); // bc and cc tie: bc, then bcc.
  EXPECT_EQ(tokenizer->decode(tokenizer.encode("abc  bc "), false), "abc bc");
}

TEST(SentencePiece, Unigram) {
  std::string file =
      pieces({"▁a", "ab", "a", "b", "▁"}) + trainer(kUnigram) + normalizer(true, true);
  OpenTokenizer tokenizer = openModel(file);
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode("ab  a"), (Ids{3, 6, 3}));
  EXPECT_EQ(tokenizer.encode("<s>"), (Ids{7, 0})); // No text becomes a control piece,
  EXPECT_EQ(tokenizer.encode("<s>", {.parseSpecial = true}), Ids{1}); // unless asked for.
}

TEST(SentencePiece, ByteFallbackAndUnknowns) {
  std::string file = pieces({"▁", "a"}) + trainer(kBpe, true) + normalizer(false, false);
  OpenTokenizer without = openModel(file);
  EXPECT_EQ(without.encode("aöüa"), (Ids{4, 0, 4})); // Unknown characters in a row are one piece.
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof(name), "<0x%02X>", byte);
    file += piece(name, 0, PieceType::Byte);
  }
  OpenTokenizer tokenizer = openModel(file);
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode("a ö"), (Ids{4, 3, 5 + 0xC3, 5 + 0xB6}));
  EXPECT_EQ(tokenizer->decode({{4, 3, 5 + 0xC3, 5 + 0xB6}}, false), "a ö");
  EXPECT_EQ(tokenizer.encode("<0x41>").size(), 6u); // Not the byte's piece.
}

TEST(SentencePiece, UserDefinedPiecesAreAlwaysFound) {
  for (uint32_t kind : {kUnigram, kBpe}) {
    std::string file = pieces({"▁a", "ab", "b", "a", "▁"}) +
                       piece("ba", 0, PieceType::UserDefined) +
                       piece("\uFB01", 0, PieceType::UserDefined) + trainer(kind) +
                       normalizer(true, false, SmallCharsmap({{"\uFB01", "b"}}).bytes());
    OpenTokenizer tokenizer = openModel(file);
    ASSERT_TRUE(tokenizer.tokenizer);
    EXPECT_EQ(tokenizer.encode("aba"), (Ids{3, 8})) << kind;
    EXPECT_EQ(tokenizer.encode("ba"), (Ids{7, 8})) << kind;
    // Normalization leaves them alone.
    Ids ids = tokenizer.encode("a\uFB01");
    EXPECT_EQ(ids, (Ids{3, 9})) << kind;
  }
}

TEST(SentencePiece, Normalization) {
  std::string file =
      pieces({"▁", "f", "i"}) + trainer(kBpe) +
      normalizer(false, true, SmallCharsmap({{"\uFB01", "fi"}, {"\t", " "}}).bytes());
  EXPECT_EQ(openModel(file).encode(" \uFB01 \t f "), (Ids{4, 5, 3, 4}));
}

TEST(SentencePiece, OptionsThatAreNotSupported) {
  expectFailure(pieces({"a"}) + trainer(3), StatusCode::Unsupported, "model_type 3");
  expectFailure(pieces({"a"}) + bytes(2, number(24, 1)), StatusCode::Unsupported,
                "treat_whitespace_as_suffix");
  expectFailure(pieces({"a", "b"}) + piece("ab", 0, PieceType::Unused) + trainer(kBpe),
                StatusCode::Unsupported, "piece 5 ('ab') is unused");
}

TEST(SentencePiece, E3Row12_Contradictions) {
  expectFailure("", StatusCode::BadInput, "there are no pieces");
  expectFailure(pieces({"a", "a"}), StatusCode::BadInput, "piece 4 ('a') has the text of piece 3");
  expectFailure(pieces({"a", ""}), StatusCode::BadInput, "piece 4 ('') is empty");
  expectFailure(pieces({}) + piece("<u>", 0, PieceType::Unknown), StatusCode::BadInput,
                "a second unknown piece");
  expectFailure(piece("a", 0, static_cast<PieceType>(9)), StatusCode::BadInput, "type 9");
  expectFailure(piece("a", std::numeric_limits<float>::quiet_NaN()), StatusCode::BadInput, "score");
  expectFailure(piece("a\xff", 0), StatusCode::BadInput, "is not UTF-8");
  expectFailure(pieces({"a"}) + normalizer(true, true, "x"), StatusCode::BadInput,
                "precompiled_charsmap");
  expectFailure(pieces({std::string(300, 'a').c_str()}) + trainer(kBpe), StatusCode::Unsupported,
                "at most 256");
}

TEST(SentencePiece, E3Row12_FilesThatAreNone) {
  expectFailure("<!DOCTYPE html>", StatusCode::BadInput, "HTML");
  expectFailure("\x0B", StatusCode::BadInput, "wire type 3");
  expectFailure("\x0A\xFF\xFF\xFF\xFF\x0F", StatusCode::BadInput, "bytes wanted");
  expectFailure("\x08" + std::string(12, '\xFF'), StatusCode::BadInput, "more than ten bytes");
  expectFailure(number(1, 5), StatusCode::BadInput, "field 1 has wire type 0, expected 2");
}

/// Whatever is wrong: an error, or a tokenizer that gives other ids, never a crash.
TEST(SentencePiece, E3Row12_DamagedFiles) {
  std::string good = pieces({"▁a", "ab", "a", "b", "▁"}) + piece("x", 0, PieceType::UserDefined) +
                     trainer(kBpe, true) +
                     normalizer(true, true, SmallCharsmap({{"\uFB01", "b"}}).bytes().substr(0, 40));
  std::mt19937 random(6);
  for (int i = 0; i < 3000; ++i) {
    std::string bad = i < static_cast<int>(good.size()) ? good.substr(0, size_t(i)) : good;
    for (int change = 0; i >= static_cast<int>(good.size()) && change < 3; ++change)
      bad[random() % bad.size()] = static_cast<char>(random());
    Expected<TokenizerSpec> spec = readSpec(bad);
    if (!spec)
      continue;
    Expected<std::vector<std::byte>> tables = buildTokenizerTables(*spec);
    if (!tables)
      continue;
    EXPECT_TRUE(Tokenizer::open(*tables)->encode("abx \uFB01<s>\xFF").ok());
  }
}

/// What stands beside the file: its tokens go around a text, added ones are found.
TEST(SentencePiece, Folders) {
  namespace fs = std::filesystem;
  fs::path folder = fs::path(testing::TempDir()) / "graphc_sentence_piece_folder";
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::ofstream(folder / "tokenizer.model")
      << pieces({"▁", "a"}) + trainer(kBpe) + normalizer(true, false);
  OpenTokenizer plain = openTables(compileTokenizer(folder.string()));
  ASSERT_TRUE(plain.tokenizer);
  EXPECT_EQ(plain->eosId(), 2);
  EXPECT_EQ(plain.encode("a", {.addSpecial = true}), (Ids{1, 3, 4}));
  EXPECT_EQ(plain.encode("<s>a", {.parseSpecial = true}), (Ids{1, 3, 4}));
  std::ofstream(folder / "tokenizer_config.json") << R"({"add_bos_token": false, "legacy": false,
      "add_eos_token": true, "eos_token": "<|end|>", "added_tokens_decoder": {
        "5": {"content": "<|end|>", "special": true, "rstrip": true}}})";
  OpenTokenizer tokenizer = openTables(compileTokenizer(folder.string()));
  ASSERT_TRUE(tokenizer.tokenizer);
  EXPECT_EQ(tokenizer.encode("a<|end|> a", {.addSpecial = true, .parseSpecial = true}),
            (Ids{3, 4, 5, 4, 5})); // Only the beginning has a prefix.
  std::ofstream(folder / "tokenizer_config.json") << R"({"added_tokens_decoder": {
        "4": {"content": "<|end|>"}}})";
  Status status = compileTokenizer(folder.string()).status();
  EXPECT_NE(status.message().find("id 4 is given to '<|end|>' and, in tokenizer.model, to 'a'"),
            std::string::npos)
      << status.message();
  fs::remove(folder / "tokenizer_config.json");
  std::ofstream(folder / "added_tokens.json") << R"({"<|x|>": 5})";
  EXPECT_EQ(openTables(compileTokenizer(folder.string())).encode("<|x|>"), Ids{5});
  fs::remove_all(folder);
}

} // namespace
