// Small tokenizers for tests that need no data files.
#ifndef GRAPHC_TESTS_UNIT_TEXT_SMALLTOKENIZERS_H
#define GRAPHC_TESTS_UNIT_TEXT_SMALLTOKENIZERS_H

#include "runtime/base/Json.h"
#include "runtime/text/ByteAlphabet.h"
#include "runtime/text/TableBuilder.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/text/TokenizerFiles.h"
#include "runtime/text/TokenizerJson.h"
#include "runtime/text/Unicode.h"

#include <gtest/gtest.h>

namespace graphc::test {

/// Adds pieces to a vocabulary under the next free ids.
inline void addPiece(Json &vocabulary, const std::string &piece) {
  if (!vocabulary.contains(piece))
    vocabulary[piece] = vocabulary.size();
}

/// Adds "left right" merges and the pieces that they need.
inline void addMerges(Json &model, std::initializer_list<const char *> merges) {
  for (std::string merge : merges) {
    size_t blank = merge.find(' ');
    addPiece(model["vocab"], merge.substr(0, blank));
    addPiece(model["vocab"], merge.substr(blank + 1));
    addPiece(model["vocab"], merge.substr(0, blank) + merge.substr(blank + 1));
    model["merges"].push_back(merge);
  }
}

inline Json addedToken(int id, const std::string &content, bool special) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", special}};
}

/// Byte-level BPE in GPT-2's manner: ids 0 to 255 are the bytes; <|end|> (special) is 500, <tag>
/// (not special) is 501.
inline Json byteLevelJson() {
  Json json = {
      {"version", "1.0"},
      {"normalizer", nullptr},
      {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
      {"decoder", {{"type", "ByteLevel"}}},
      {"post_processor", nullptr},
      {"model", {{"type", "BPE"}, {"vocab", Json::object()}, {"merges", Json::array()}}}};
  for (int byte = 0; byte < 256; ++byte) {
    std::string piece;
    appendChar(piece, byteAlphabetChar(static_cast<uint8_t>(byte)));
    json["model"]["vocab"][piece] = byte;
  }
  addMerges(json["model"], {"h e", "l l", "he ll", "hell o", "Ġ w", "o r", "Ġw or", "l d", "a a",
                            "aa aa", "Ġ hello", "Ġ Ġ"});
  json["added_tokens"] = {addedToken(500, "<|end|>", true), addedToken(501, "<tag>", false)};
  return json;
}

/// SentencePiece-style BPE in Llama 2's manner: <unk>, <s>, </s> are 0 to 2 (special), bytes 3 to
/// 258.
inline Json sentencePieceJson() {
  Json vocabulary = {{"<unk>", 0}, {"<s>", 1}, {"</s>", 2}};
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof(name), "<0x%02X>", byte);
    vocabulary[name] = 3 + byte;
  }
  Json steps = {{{"type", "Replace"}, {"pattern", {{"String", "▁"}}}, {"content", " "}},
                {{"type", "ByteFallback"}},
                {{"type", "Fuse"}},
                {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}};
  Json normalizers = {{{"type", "Prepend"}, {"prepend", "▁"}},
                      {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}}};
  Json json = {
      {"normalizer", {{"type", "Sequence"}, {"normalizers", normalizers}}},
      {"pre_tokenizer", nullptr},
      {"decoder", {{"type", "Sequence"}, {"decoders", steps}}},
      {"post_processor",
       {{"type", "TemplateProcessing"},
        {"single",
         {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}},
          {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
        {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {1}}, {"tokens", {"<s>"}}}}}}}},
      {"model",
       {{"type", "BPE"},
        {"unk_token", "<unk>"},
        {"fuse_unk", true},
        {"byte_fallback", true},
        {"vocab", vocabulary},
        {"merges", Json::array()}}}};
  addMerges(json["model"], {"▁ t", "h e", "▁t he", "▁ a", "e r", "▁ ▁", "a b", "ab ab"});
  for (const char *piece : {"s", "/", "<", ">", "x", "é"})
    addPiece(json["model"]["vocab"], piece);
  json["added_tokens"] = {addedToken(0, "<unk>", true), addedToken(1, "<s>", true),
                          addedToken(2, "</s>", true)};
  return json;
}

/// A tokenizer together with the bytes that it lies in.
struct OpenTokenizer {
  std::vector<std::byte> bytes;
  std::optional<Tokenizer> tokenizer;

  const Tokenizer *operator->() const { return &*tokenizer; }
  const Tokenizer &operator*() const { return *tokenizer; }

  std::vector<int32_t> encode(std::string_view text, const EncodeOptions &options = {}) const {
    Expected<std::vector<int32_t>> ids = tokenizer->encode(text, options);
    EXPECT_TRUE(ids.ok()) << ids.status().message();
    return ids ? *ids : std::vector<int32_t>();
  }
  /// What push and flush of a StreamDecoder return, put together.
  std::string stream(const std::vector<int32_t> &ids, bool skipSpecial = false) const {
    StreamDecoder decoder(*tokenizer, skipSpecial);
    std::string text;
    for (int32_t id : ids)
      text += decoder.push(id);
    return text + decoder.flush();
  }
};

inline Expected<std::vector<std::byte>> compileJson(const std::string &json) {
  GRAPHC_ASSIGN_OR_RETURN(TokenizerSpec spec, readTokenizerJson(json, "tokenizer.json"));
  return buildTokenizerTables(spec);
}

/// Opens tables that are expected to be good; check `.tokenizer` before use.
inline OpenTokenizer openTables(Expected<std::vector<std::byte>> blob) {
  OpenTokenizer result;
  EXPECT_TRUE(blob.ok()) << blob.status().message();
  if (!blob)
    return result;
  result.bytes = *std::move(blob);
  Expected<Tokenizer> opened = Tokenizer::open(result.bytes);
  EXPECT_TRUE(opened.ok()) << opened.status().message();
  if (opened)
    result.tokenizer = *std::move(opened);
  return result;
}

inline OpenTokenizer openJson(const Json &json) { return openTables(compileJson(json.dump())); }

/// The failure of compiling a tokenizer.json.
inline Status failureOf(const Json &json) { return compileJson(json.dump()).status(); }

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_TEXT_SMALLTOKENIZERS_H
