// Ids and texts of real tokenizers, as Hugging Face's tokenizers and llama.cpp give them.
#include "SharedData.h"
#include "SmallTokenizers.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

using namespace graphc;
using namespace graphc::test;

namespace {

/// A tokenizer of the shared data and its texts.
struct Case {
  const char *name;
  const char *tokenizer; ///< Folder, relative to the shared data.
  const char *cases;
};

OpenTokenizer openFolder(const char *folder) {
  return openTables(compileTokenizer((sharedData() / folder).string()));
}

/// Special tokens in the text are recognized, as in the goldens.
std::vector<int32_t> encode(const OpenTokenizer &tokenizer, std::string_view text,
                            bool addSpecial) {
  return tokenizer.encode(text, {.addSpecial = addSpecial, .parseSpecial = true});
}

std::string readFile(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Goldens : public testing::TestWithParam<Case> {};

TEST_P(Goldens, EqualTheReference) {
  GRAPHC_REQUIRE_SHARED_DATA(GetParam().cases);
  OpenTokenizer tokenizer = openFolder(GetParam().tokenizer);
  ASSERT_TRUE(tokenizer.tokenizer);
  Expected<Json> cases = readJsonFile((sharedData() / GetParam().cases).string());
  ASSERT_TRUE(cases.ok()) << cases.status().message();
  ASSERT_GT(cases->size(), 50u);
  for (const Json &item : *cases) {
    auto text = item["text"].get<std::string>();
    auto ids = item["ids"].get<std::vector<int32_t>>();
    EXPECT_EQ(encode(tokenizer, text, false), ids) << text;
    EXPECT_EQ(encode(tokenizer, text, true), item["ids_with_special"].get<std::vector<int32_t>>())
        << text;
    EXPECT_EQ(tokenizer->decode(ids, false), item["decoded"].get<std::string>());
    EXPECT_EQ(tokenizer.stream(ids), item["decoded"].get<std::string>());
  }
}

INSTANTIATE_TEST_SUITE_P(
    SharedData, Goldens,
    testing::Values(Case{"phi3", "tokenizers/phi-3", "tokenizers/phi-3/cases.json"},
                    Case{"phi2", "tokenizers/phi-2", "tokenizers/phi-2/cases.json"},
                    Case{"gpt2", "tokenizers/gpt-2", "tokenizers/gpt-2/cases.json"},
                    Case{"qwen2", "tokenizers/qwen2", "tokenizers/qwen2/cases.json"},
                    Case{"llama3", "tokenizers/llama3", "tokenizers/llama3/cases.json"},
                    Case{"stories", "stories260K/hf", "stories260K/goldens/tokenizer_cases.json"}),
    [](const auto &info) { return std::string(info.param.name); });

/// Texts of a .inp file: separated by a marker line.
std::vector<std::string> splitTexts(const std::string &file) {
  const std::string marker = "\n__ggml_vocab_test__\n";
  std::vector<std::string> texts;
  size_t start = 0;
  for (size_t end; (end = file.find(marker, start)) != std::string::npos;) {
    texts.push_back(file.substr(start, end - start));
    start = end + marker.size();
  }
  texts.push_back(file.substr(start));
  return texts;
}

std::vector<int32_t> readIds(const std::string &line) {
  std::istringstream stream(line);
  return {std::istream_iterator<int32_t>(stream), {}};
}

struct Vectors {
  const char *name;
  const char *tokenizer;
  const char *stem;
};

class LlamaCppVectors : public testing::TestWithParam<Vectors> {};

TEST_P(LlamaCppVectors, Equal) {
  std::string stem = std::string("llama_cpp_vocab/ggml-vocab-") + GetParam().stem + ".gguf";
  GRAPHC_REQUIRE_SHARED_DATA(stem + ".inp");
  OpenTokenizer tokenizer = openFolder(GetParam().tokenizer);
  ASSERT_TRUE(tokenizer.tokenizer);
  std::vector<std::string> texts = splitTexts(readFile(sharedData() / (stem + ".inp")));
  std::istringstream lines(readFile(sharedData() / (stem + ".out")));
  size_t compared = 0;
  for (std::string line; compared < texts.size() && std::getline(lines, line); ++compared)
    EXPECT_EQ(encode(tokenizer, texts[compared], false), readIds(line)) << texts[compared];
  EXPECT_GE(compared, 46u);
}

INSTANTIATE_TEST_SUITE_P(SharedData, LlamaCppVectors,
                         testing::Values(Vectors{"phi3", "tokenizers/phi-3", "phi-3"},
                                         Vectors{"gpt2", "tokenizers/gpt-2", "gpt-2"},
                                         Vectors{"qwen2", "tokenizers/qwen2", "qwen2"},
                                         Vectors{"llama3", "tokenizers/llama3", "llama-bpe"}),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
