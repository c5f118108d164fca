#include "frontend/gguf/GgufPreTokenizers.h"

#include "runtime/base/TextList.h"

namespace graphc {

namespace {

// The expressions, as the models' own tokenizer.json spell them.

#define GPT2 R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"
#define CL100K(DIGITS)                                                                             \
  R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})" DIGITS                          \
  R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"
#define CONTRACTION R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
#define CASED_WORDS(AFTER)                                                                         \
  R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)" AFTER          \
  R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)" AFTER
#define CASED_REST R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"
#define DEEPSEEK_WORDS                                                                             \
  R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+)"        \
  R"(| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"
#define NOT_IN_WORDS " ?[^(\\s|.,!?…。，、।۔،)]+"

constexpr GgufPreTokenizer kDefault = {
    {R"([\p{P}\$\+<=>\^~\|]+)", GPT2, R"(\p{N}+)", "[0-9][0-9][0-9]"}};
constexpr GgufPreTokenizer kGpt2 = {{GPT2}};
constexpr GgufPreTokenizer kDigitsGpt2 = {{R"(\p{N})", GPT2}};
constexpr GgufPreTokenizer kFalcon = {{R"([\p{P}\$\+<=>\^~\|`]+)", GPT2, "[0-9][0-9][0-9]"}};
constexpr GgufPreTokenizer kCl100k = {{CL100K("{1,3}")}};
constexpr GgufPreTokenizer kLlama3 = {{CL100K("{1,3}")}, /*ignoreMerges=*/true, /*addsBos=*/true};
constexpr GgufPreTokenizer kOneDigit = {{CL100K("")}};
constexpr GgufPreTokenizer kQwen2 = {
    {CL100K("")}, /*ignoreMerges=*/false, /*addsBos=*/false, /*composes=*/true};
constexpr GgufPreTokenizer kO200k = {{CASED_WORDS(CONTRACTION) R"(|\p{N}{1,3})" CASED_REST}};
constexpr GgufPreTokenizer kTekken = {
    {CASED_WORDS("") R"(|\p{N})" CASED_REST}, /*ignoreMerges=*/true, /*addsBos=*/true};
constexpr GgufPreTokenizer kDeepseekCoder = {
    {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", R"([一-龥ࠀ-一가-퟿]+|\p{N})"}};
constexpr GgufPreTokenizer kDeepseekV3 = {
    {R"(\p{N}{1,3})", "[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK_WORDS}};
constexpr GgufPreTokenizer kBloom = {{NOT_IN_WORDS}};
constexpr GgufPreTokenizer kViking = {{NOT_IN_WORDS, R"(\p{N})"}};
constexpr GgufPreTokenizer kSeedCoder = {
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})"
     R"(| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+)"}};

struct NamedPreTokenizer {
  std::string_view name;
  const GgufPreTokenizer *means;
};

/// The names that llama.cpp's converter writes, and what they stand for there (llama-vocab.cpp).
/// Left out: those whose splitting is more than expressions.
constexpr NamedPreTokenizer kNames[] = {
    {"default", &kDefault},
    {"gpt-2", &kGpt2},
    {"phi-2", &kGpt2},
    {"mpt", &kGpt2},
    {"olmo", &kGpt2},
    {"jais", &kGpt2},
    {"trillion", &kGpt2},
    {"exaone4", &kGpt2},
    {"gigachat", &kGpt2},
    {"mellum", &kGpt2},
    {"a.x-4.0", &kGpt2},
    {"granite-docling", &kGpt2},
    {"jina-es", &kGpt2},
    {"jina-de", &kGpt2},
    {"jina-v2-es", &kGpt2},
    {"jina-v2-de", &kGpt2},
    {"starcoder", &kDigitsGpt2},
    {"refact", &kDigitsGpt2},
    {"command-r", &kDigitsGpt2},
    {"smollm", &kDigitsGpt2},
    {"codeshell", &kDigitsGpt2},
    {"exaone", &kDigitsGpt2},
    {"minerva-7b", &kDigitsGpt2},
    {"falcon", &kFalcon},
    {"llama3", &kLlama3},
    {"llama-v3", &kLlama3},
    {"llama-bpe", &kLlama3},
    {"falcon3", &kLlama3},
    {"falcon-h1", &kLlama3},
    {"pixtral", &kLlama3},
    {"midm-2.0", &kLlama3},
    {"lfm2", &kLlama3},
    {"dbrx", &kCl100k},
    {"smaug-bpe", &kCl100k},
    {"glm4", &kCl100k},
    {"chatglm-bpe", &kCl100k},
    {"qwen2", &kQwen2},
    {"deepseek-r1-qwen", &kQwen2},
    {"megrez", &kOneDigit},
    {"stablelm2", &kOneDigit},
    {"hunyuan", &kOneDigit},
    {"grok-2", &kOneDigit},
    {"bailingmoe", &kOneDigit},
    {"bailingmoe2", &kOneDigit},
    {"llada-moe", &kOneDigit},
    {"gpt-4o", &kO200k},
    {"llama4", &kO200k},
    {"minimax-m2", &kO200k},
    {"tekken", &kTekken},
    {"deepseek-coder", &kDeepseekCoder},
    {"deepseek-v3", &kDeepseekV3},
    {"hunyuan-dense", &kDeepseekV3},
    {"bloom", &kBloom},
    {"gpt3-finnish", &kBloom},
    {"poro-chat", &kBloom},
    {"viking", &kViking},
    {"seed-coder", &kSeedCoder},
};

} // namespace

const GgufPreTokenizer *findGgufPreTokenizer(std::string_view name) {
  for (const NamedPreTokenizer &known : kNames)
    if (known.name == name)
      return known.means;
  return nullptr;
}

std::string ggufPreTokenizerNames() { return listText(kNames, &NamedPreTokenizer::name); }

} // namespace graphc
