#include "SmallCharsmap.h"
#include "SmallTokenizers.h"
#include "runtime/text/Base64.h"
#include "runtime/text/CharacterRules.h"
#include "runtime/text/JsonSteps.h"

#include <random>

using namespace graphc;
using namespace graphc::test;

namespace {

/// What a normalizer of tokenizer.json makes of a text.
std::string normalizedBy(const Json &json, std::string_view text, bool atStart = true) {
  TokenizerSpec spec;
  Status read = readNormalizer(&json, "normalizer", spec);
  EXPECT_TRUE(read.ok()) << read.message();
  std::vector<Step> steps;
  std::string texts;
  for (const StepSpec &step : spec.normalizer) {
    auto first = static_cast<uint32_t>(texts.size());
    texts += step.first;
    auto second = static_cast<uint32_t>(texts.size());
    texts += step.second;
    steps.push_back({step.kind, step.a, step.b, first, second - first, second,
                     static_cast<uint32_t>(step.second.size()), step.reserved});
  }
  Expected<Normalizer> normalizer = Normalizer::create(steps, texts);
  EXPECT_TRUE(normalizer.ok()) << normalizer.status().message();
  std::string buffer;
  Expected<std::string_view> form = normalizer->apply(text, atStart, buffer);
  EXPECT_TRUE(form.ok()) << form.status().message();
  return std::string(*form);
}

TEST(Normalizer, Bert) {
  EXPECT_EQ(normalizedBy({{"type", "BertNormalizer"}}, "Ünï\tcödé\u200B日本\x01\uFFFD"),
            "uni code 日  本 ");
  Json cased = {{"type", "BertNormalizer"}, {"lowercase", false}};
  EXPECT_EQ(normalizedBy(cased, "Ünï"), "Ünï");
  cased["strip_accents"] = true;
  EXPECT_EQ(normalizedBy(cased, "Ünï"), "Uni");
  Json bare = {{"type", "BertNormalizer"}, {"clean_text", false}, {"handle_chinese_chars", false}};
  EXPECT_EQ(normalizedBy(bare, "A\x01日"), "a\x01日");
}

TEST(Normalizer, Nmt) {
  EXPECT_EQ(normalizedBy({{"type", "Nmt"}}, "a\x01\x0B\u0085\tb\u200Bc\u2581\uFEFF\x7F"),
            "a\u0085 b c  ");
  EXPECT_EQ(normalizedBy({{"type", "Nmt"}}, "a\xFF"), "a\xFF");
}

TEST(Normalizer, ReplaceByExpression) {
  Json replace = {{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", "▁"}};
  EXPECT_EQ(normalizedBy(replace, "a b   c  "), "a b▁c▁");
}

TEST(Normalizer, StripAccentsTakesSpacingMarksToo) {
  EXPECT_EQ(normalizedBy({{"type", "StripAccents"}}, "e\u0301\u0903x"), "ex");
  EXPECT_EQ(normalizedBy({{"type", "BertNormalizer"}}, "e\u0301\u0903x"), "e\u0903x");
}

TEST(Normalizer, CollapsedBlanks) {
  auto collapsed = [](std::string_view text) {
    std::string out;
    appendCollapsedBlanks(out, text);
    return out;
  };
  EXPECT_EQ(collapsed("  a  b c   "), "a b c");
  EXPECT_EQ(collapsed("   "), "");
  EXPECT_EQ(collapsed("a\n b"), "a\n b");
}

//===- Maps ----------------------------------------------------------------===//

std::string mapped(const SmallCharsmap &map, std::string_view text, CharsmapUnit unit) {
  std::string bytes = map.bytes(), out;
  Expected<Charsmap> opened = Charsmap::open(bytes);
  EXPECT_TRUE(opened.ok()) << opened.status().message();
  appendMapped(out, text, *opened, unit);
  return out;
}

const SmallCharsmap &someMap() {
  static const SmallCharsmap map(
      {{"\uFB01", "fi"}, {"a", "x"}, {"ab", "y"}, {"\r", ""}, {"e\u0301", "é"}, {"\u3000", " "}});
  return map;
}

TEST(Charsmap, TheLongestKeyGoesFirst) {
  EXPECT_EQ(mapped(someMap(), "\uFB01abacd\r\u3000e\u0301e", CharsmapUnit::LongestMatch),
            "fiyxcd ée");
  EXPECT_EQ(mapped(someMap(), "b\xFF", CharsmapUnit::LongestMatch), "b\uFFFD");
}

/// Keys that reach across user-perceived characters are not found, and the shortest one is taken.
TEST(Charsmap, ByGraphemes) {
  EXPECT_EQ(mapped(someMap(), "\uFB01abe\u0301", CharsmapUnit::Grapheme), "fixbé");
  // A grapheme that begins with a key becomes what the key does, as a whole.
  EXPECT_EQ(mapped(someMap(), "a\u0301", CharsmapUnit::Grapheme), "x");
  EXPECT_EQ(mapped(someMap(), "a\u0301\u0302\u0303", CharsmapUnit::Grapheme),
            "x\u0301\u0302\u0303");
}

TEST(Charsmap, PrecompiledInJson) {
  EXPECT_EQ(normalizedBy({{"type", "Precompiled"}, {"precompiled_charsmap", ""}}, "\uFB01"),
            "\uFB01");
  Json bad = {{"type", "Precompiled"}, {"precompiled_charsmap", "AAAA"}};
  TokenizerSpec spec;
  Status status = readNormalizer(&bad, "normalizer", spec);
  EXPECT_EQ(status.code(), StatusCode::BadInput);
  EXPECT_NE(status.message().find("normalizer.precompiled_charsmap"), std::string::npos);
  bad["precompiled_charsmap"] = "A?==";
  EXPECT_EQ(readNormalizer(&bad, "normalizer", spec).code(), StatusCode::BadInput);
}

TEST(Charsmap, DamagedMapsMapToSomething) {
  EXPECT_FALSE(Charsmap::open("").ok());
  EXPECT_FALSE(Charsmap::open(std::string("\x08\0\0\0\0\0\0\0", 8)).ok());
  EXPECT_FALSE(Charsmap::open(std::string("\x03\0\0\0\0\0\0\0", 8)).ok());
  std::string good = someMap().bytes();
  std::mt19937 random(2);
  for (int i = 0; i < 2000; ++i) {
    std::string bad = good.substr(0, i % 4 ? good.size() : random() % good.size());
    for (int change = 0; change < 3 && !bad.empty(); ++change)
      bad[random() % std::min<size_t>(bad.size(), 2000)] = static_cast<char>(random());
    Expected<Charsmap> map = Charsmap::open(bad);
    std::string out;
    if (map)
      appendMapped(out, "ab\uFB01e\u0301\r", *map, CharsmapUnit::LongestMatch);
  }
}

TEST(Base64, Decodes) {
  EXPECT_EQ(decodeBase64("aGVsbG8="), "hello");
  EXPECT_EQ(decodeBase64("/+8A"), std::string("\xFF\xEF\0", 3));
  EXPECT_EQ(decodeBase64(""), "");
  for (const char *bad : {"a", "aGV", "a=bc", "aG V", "===="})
    EXPECT_FALSE(decodeBase64(bad).has_value()) << bad;
}

} // namespace
