// Tokenizers of GGUF files: small ones, and what contradicts itself.
#include "frontend/gguf/GgufTokenizer.h"

#include "GgufBytes.h"
#include "frontend/gguf/GgufPreTokenizers.h"
#include "runtime/text/Regex.h"
#include "runtime/text/Scanners.h"
#include "runtime/text/Tokenizer.h"

#include <gtest/gtest.h>

using namespace graphc;
using namespace graphc::test;

namespace {

using Ids = std::vector<int32_t>;

/// The metadata of a tokenizer.
class TokenizerFile {
public:
  explicit TokenizerFile(const std::string &model) { file.string("tokenizer.ggml.model", model); }

  TokenizerFile &tokens(const std::vector<std::string> &texts) {
    return strings("tokenizer.ggml.tokens", texts);
  }
  TokenizerFile &strings(const std::string &key, const std::vector<std::string> &texts) {
    std::string bytes;
    for (const std::string &text : texts)
      bytes += gguString(text);
    file.array(key, GgufValueType::String, texts.size(), bytes);
    return *this;
  }
  TokenizerFile &types(const std::vector<int32_t> &values) {
    return numbers("tokenizer.ggml.token_type", GgufValueType::I32, values);
  }
  TokenizerFile &scores(const std::vector<float> &values) {
    return numbers("tokenizer.ggml.scores", GgufValueType::F32, values);
  }
  TokenizerFile &u32(const std::string &key, uint32_t value) {
    file.u32("tokenizer.ggml." + key, value);
    return *this;
  }
  TokenizerFile &flag(const std::string &key, bool value) {
    file.entry("tokenizer.ggml." + key, GgufValueType::Bool, std::string(1, char(value)));
    return *this;
  }
  TokenizerFile &text(const std::string &key, const std::string &value) {
    file.string(key, value);
    return *this;
  }

  Expected<std::vector<std::byte>> compile() const {
    std::string bytes = file.text();
    GRAPHC_ASSIGN_OR_RETURN(GgufHeader header,
                            readGgufHeader(std::as_bytes(std::span(bytes)), "x.gguf"));
    return compileGgufTokenizer(header.metadata, "x.gguf");
  }

private:
  template <typename Number>
  TokenizerFile &numbers(const std::string &key, GgufValueType type,
                         const std::vector<Number> &values) {
    std::string bytes;
    for (Number value : values)
      bytes += word(value);
    file.array(key, type, values.size(), bytes);
    return *this;
  }

  GgufBytes file;
};

/// Ids of a text.
Ids encode(const TokenizerFile &file, std::string_view text, const EncodeOptions &options = {}) {
  Expected<std::vector<std::byte>> tables = file.compile();
  EXPECT_TRUE(tables.ok()) << tables.status().message();
  if (!tables)
    return {};
  Expected<Ids> ids = Tokenizer::open(*tables)->encode(text, options);
  EXPECT_TRUE(ids.ok()) << ids.status().message();
  return ids ? *ids : Ids();
}

void expectFailure(const TokenizerFile &file, StatusCode code, const std::string &part) {
  Status status = file.compile().status();
  EXPECT_EQ(status.code(), code) << status.message();
  EXPECT_NE(status.message().find("x.gguf"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find(part), std::string::npos) << status.message();
}

/// <unk>, <s>, </s>, pieces, and a user-defined one.
TokenizerFile sentencePiece() {
  TokenizerFile file("llama");
  file.tokens({"<unk>", "<s>", "</s>", "▁a", "a", "b", "▁", "ab", "  "})
      .scores({0, 0, 0, -1, -2, -3, -4, -5, 0})
      .types({2, 3, 3, 1, 1, 1, 1, 1, 4});
  return file;
}

TEST(GgufTokenizer, SentencePiece) {
  TokenizerFile file = sentencePiece();
  file.u32("bos_token_id", 1).u32("eos_token_id", 2);
  EXPECT_EQ(encode(file, "ab b"), (Ids{3, 5, 6, 5}));
  EXPECT_EQ(encode(file, "a", {.addSpecial = true}), (Ids{1, 3}));
  EXPECT_EQ(encode(file, "</s>a", {.parseSpecial = true}), (Ids{2, 3}));
  EXPECT_EQ(encode(file, "a  a"), (Ids{3, 8, 3})); // User-defined pieces are found in the text.
}

TEST(GgufTokenizer, OptionsOfSentencePiece) {
  TokenizerFile file = sentencePiece();
  file.u32("bos_token_id", 1).u32("eos_token_id", 2);
  file.flag("add_space_prefix", false).flag("add_bos_token", false).flag("add_eos_token", true);
  EXPECT_EQ(encode(file, "ab", {.addSpecial = true}), (Ids{7, 2}));
}

/// Padding behind the vocabulary is marked as unknown by some converters: the id says what is.
TEST(GgufTokenizer, PaddingThatIsMarkedAsUnknown) {
  TokenizerFile file("llama");
  file.tokens({"<unk>", "▁a", "[PAD2]", "[PAD3]", "▁", "a"})
      .scores({0, -1, 0, 0, -2, -3})
      .types({2, 1, 2, 2, 1, 1});
  file.u32("unknown_token_id", 0).flag("add_bos_token", false);
  EXPECT_EQ(encode(file, "a[PAD3]", {.parseSpecial = true}), (Ids{1, 3}));
}

/// The special tokens of Phi-3 take the white space after them, though files do not say so.
TEST(GgufTokenizer, Phi3StripsAfterSpecialTokens) {
  TokenizerFile file = sentencePiece();
  file.text("general.architecture", "phi3");
  EXPECT_EQ(encode(file, "</s> \n a", {.parseSpecial = true}), (Ids{2, 3}));
}

/// GPT-2's alphabet for the bytes that are needed; <|x|> is a control token.
TokenizerFile byteLevel() {
  TokenizerFile file("gpt2");
  file.tokens({"a", "b", "Ġ", "1", "2", "ab", "Ġa", "12", "<|x|>", "Ġab"})
      .types({1, 1, 1, 1, 1, 1, 1, 1, 3, 1})
      .strings("tokenizer.ggml.merges", {"a b", "Ġ a", "1 2"});
  return file;
}

TEST(GgufTokenizer, ByteLevel) {
  TokenizerFile file = byteLevel();
  file.text("tokenizer.ggml.pre", "gpt-2").u32("bos_token_id", 8);
  EXPECT_EQ(encode(file, "ab ab12"), (Ids{5, 2, 5, 7}));
  EXPECT_EQ(encode(file, "<|x|>a", {.parseSpecial = true}), (Ids{8, 0}));
  EXPECT_EQ(encode(file, "a", {.addSpecial = true}), Ids{0}); // GPT-2 begins with nothing.
}

TEST(GgufTokenizer, PreTokenizersSplitAndMergeInTheirWay) {
  TokenizerFile qwen = byteLevel();
  qwen.text("tokenizer.ggml.pre", "qwen2");
  EXPECT_EQ(encode(qwen, "12"), (Ids{3, 4}));
  TokenizerFile llama = byteLevel();
  llama.text("tokenizer.ggml.pre", "llama-bpe").u32("bos_token_id", 8);
  EXPECT_EQ(encode(llama, " ab"), Ids{9}); // A word that is a piece as a whole.
  EXPECT_EQ(encode(llama, "a", {.addSpecial = true}), (Ids{8, 0}));
}

/// Every name in the list leads to expressions that can be used.
TEST(GgufTokenizer, EveryPreTokenizerCanBeUsed) {
  std::string names = ggufPreTokenizerNames();
  size_t count = 0;
  for (size_t start = 0; start < names.size(); ++count) {
    size_t end = std::min(names.find(", ", start), names.size());
    const GgufPreTokenizer *pre = findGgufPreTokenizer(names.substr(start, end - start));
    ASSERT_NE(pre, nullptr);
    ASSERT_NE(pre->patterns[0], nullptr);
    for (const char *pattern : pre->patterns)
      if (pattern && !findScanner(pattern))
        EXPECT_TRUE(Regex::compile(pattern).ok()) << Regex::compile(pattern).status().message();
    start = end + 2;
  }
  EXPECT_GT(count, 50u);
  for (const char *known : {"gpt-2", "llama-bpe", "qwen2", "gpt-4o", "tekken", "dbrx"})
    EXPECT_TRUE(findScanner(findGgufPreTokenizer(known)->patterns[0]).has_value()) << known;
}

TEST(GgufTokenizer, UnknownNames) {
  TokenizerFile file = byteLevel();
  file.text("tokenizer.ggml.pre", "martian");
  expectFailure(file, StatusCode::Unsupported, "'martian' is not supported; supported: default");
  expectFailure(TokenizerFile("rwkv"), StatusCode::Unsupported,
                "'rwkv' tokenizers are not supported; supported: llama, gpt2");
}

TEST(GgufTokenizer, FilesWithoutOne) { EXPECT_TRUE(TokenizerFile("no_vocab").compile()->empty()); }

TEST(GgufTokenizer, ListsThatDoNotFitTogether) {
  expectFailure(TokenizerFile("llama"), StatusCode::BadInput, "tokenizer.ggml.tokens");
  TokenizerFile few("llama");
  few.tokens({"a", "b"}).scores({1});
  expectFailure(few, StatusCode::BadInput, "tokenizer.ggml.scores");
  TokenizerFile type("llama");
  type.tokens({"a", "b"}).types({1, 7});
  expectFailure(type, StatusCode::BadInput, "tokenizer.ggml.token_type");
  TokenizerFile twice("gpt2");
  twice.tokens({"a", "b", "a"});
  expectFailure(twice, StatusCode::BadInput, "'a' is token 0 and token 2");
  TokenizerFile merge("gpt2");
  merge.tokens({"a", "b"}).strings("tokenizer.ggml.merges", {"a b"});
  expectFailure(merge, StatusCode::BadInput, "merges[0]: 'a b': 'ab' is not a token");
  TokenizerFile id = byteLevel();
  id.u32("eos_token_id", 10);
  expectFailure(id, StatusCode::BadInput, "tokenizer.ggml.eos_token_id");
}

} // namespace
