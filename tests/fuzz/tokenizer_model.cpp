// tokenizer.model of SentencePiece.
#include "FuzzTarget.h"

#include "runtime/text/TableBuilder.h"
#include "runtime/text/Tokenizer.h"
#include "text/SmallSentencePiece.h"

#include <span>

namespace graphc::fuzz {

using namespace graphc::test;

std::vector<std::string> seeds() {
  return {pieces({"\u2581a", "ab", "a", "b", "\u2581"}) + trainer(kUnigram) +
              normalizer(true, true),
          pieces({"ab", "bc", "abc", "a", "b", "c", "\u2581"}) + trainer(kBpe) +
              normalizer(true, false)};
}

MemoryBound memoryBound() { return {}; }

Status read(std::string_view input) {
  GRAPHC_ASSIGN_OR_RETURN(
      SentencePieceFile file,
      readSentencePieceFile(std::as_bytes(std::span(input)), "tokenizer.model"));
  GRAPHC_ASSIGN_OR_RETURN(TokenizerSpec spec, makeSentencePieceSpec(file.model, "tokenizer.model"));
  GRAPHC_ASSIGN_OR_RETURN(std::vector<std::byte> tables, buildTokenizerTables(spec));
  GRAPHC_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::open(tables));
  return tokenizer.encode("abc  a\xff", {.parseSpecial = true}).status();
}

} // namespace graphc::fuzz
