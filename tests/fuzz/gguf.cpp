// Headers of GGUF files, and the configuration and the tokenizer that their metadata are.
#include "FuzzTarget.h"

#include "frontend/gguf/GgufTokenizer.h"
#include "gguf/GgufBytes.h"
#include "runtime/text/Tokenizer.h"

namespace graphc::fuzz {

using namespace graphc::test;

std::vector<std::string> seeds() {
  auto strings = [](std::initializer_list<const char *> texts) {
    std::string bytes;
    for (const char *text : texts)
      bytes += gguString(text);
    return bytes;
  };
  GgufBytes words;
  words.string("general.architecture", "llama").u32("general.alignment", 32);
  words.string("tokenizer.ggml.model", "gpt2").string("tokenizer.ggml.pre", "gpt-2");
  words.array("tokenizer.ggml.tokens", GgufValueType::String, 4, strings({"a", "b", "ab", "<s>"}));
  words.array("tokenizer.ggml.token_type", GgufValueType::I32, 4,
              word(1) + word(1) + word(1) + word(3));
  words.array("tokenizer.ggml.merges", GgufValueType::String, 1, strings({"a b"}));
  words.u32("tokenizer.ggml.bos_token_id", 3);
  words.tensor("q", {32, 2}, kQ8_0, std::string(68, 'x')).floats("b", {3}, {1, 2, 3});

  GgufBytes pieces;
  pieces.string("tokenizer.ggml.model", "llama");
  pieces.array("tokenizer.ggml.tokens", GgufValueType::String, 4,
               strings({"<unk>", "\u2581", "a", "\u2581a"}));
  pieces.array("tokenizer.ggml.scores", GgufValueType::F32, 4,
               word(0.f) + word(-1.f) + word(-2.f) + word(-3.f));
  pieces.array("tokenizer.ggml.token_type", GgufValueType::I32, 4,
               word(2) + word(1) + word(1) + word(1));
  return {words.text(), pieces.text()};
}

MemoryBound memoryBound() { return {}; }

Status read(std::string_view input) {
  GRAPHC_ASSIGN_OR_RETURN(GgufHeader header,
                          readGgufHeader(std::as_bytes(std::span(input)), "m.gguf"));
  for (const auto &[key, value] : header.metadata.entries())
    (void)describe(value);
  GRAPHC_ASSIGN_OR_RETURN(std::vector<std::byte> tables,
                          compileGgufTokenizer(header.metadata, "m.gguf"));
  if (tables.empty())
    return {};
  GRAPHC_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::open(tables));
  return tokenizer.encode("ab a <s>", {.addSpecial = true, .parseSpecial = true}).status();
}

} // namespace graphc::fuzz
