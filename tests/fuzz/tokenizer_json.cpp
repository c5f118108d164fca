// tokenizer.json, the tables that it becomes, and texts.
#include "FuzzTarget.h"

#include "text/SmallTokenizers.h"

namespace graphc::fuzz {

std::vector<std::string> seeds() {
  const char *unigram =
      R"({"model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["\u2581a", -1.0],
                    ["a", -2.0], ["b", -3.0], ["\u2581", -4.0]]},
          "normalizer": {"type": "NFKC"},
          "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581",
                            "prepend_scheme": "always"},
          "decoder": {"type": "Metaspace", "replacement": "\u2581",
                      "prepend_scheme": "always"}})";
  return {unigram, test::byteLevelJson().dump(), test::sentencePieceJson().dump()};
}

/// A vocabulary of few pieces with a large id has a table for all ids (kMaxUnusedIds).
MemoryBound memoryBound() { return {.base = size_t(48) << 20}; }

Status read(std::string_view input) {
  GRAPHC_ASSIGN_OR_RETURN(TokenizerSpec spec, readTokenizerJson(input, "tokenizer.json"));
  GRAPHC_ASSIGN_OR_RETURN(std::vector<std::byte> tables, buildTokenizerTables(spec));
  GRAPHC_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::open(tables));
  GRAPHC_ASSIGN_OR_RETURN(
      std::vector<int32_t> ids,
      tokenizer.encode("ab a\xff <|end|> 12\n", {.addSpecial = true, .parseSpecial = true}));
  (void)tokenizer.decode(ids, /*skipSpecial=*/true);
  return {};
}

} // namespace graphc::fuzz
