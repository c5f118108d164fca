// A plan's tokenizer section. The plan has a hash of it, so only a hostile plan has a damaged one.
#include "FuzzTarget.h"

#include "text/SmallTokenizers.h"

namespace graphc::fuzz {

std::vector<std::string> seeds() {
  std::vector<std::string> result;
  for (const Json &json : {test::byteLevelJson(), test::sentencePieceJson()}) {
    Expected<TokenizerSpec> spec = readTokenizerJson(json.dump(), "tokenizer.json");
    std::vector<std::byte> tables = *buildTokenizerTables(*spec);
    result.emplace_back(reinterpret_cast<const char *>(tables.data()), tables.size());
  }
  return result;
}

MemoryBound memoryBound() { return {}; }

Status read(std::string_view input) {
  // As a section is: aligned.
  std::vector<uint64_t> aligned((input.size() + 7) / 8);
  std::memcpy(aligned.data(), input.data(), input.size());
  Expected<Tokenizer> opened =
      Tokenizer::open(std::as_bytes(std::span(aligned)).first(input.size()));
  if (opened.status().code() == StatusCode::PlanMismatch) // Tables of another version.
    return {};
  GRAPHC_ASSIGN_OR_RETURN(Tokenizer tokenizer, std::move(opened));
  GRAPHC_ASSIGN_OR_RETURN(
      std::vector<int32_t> ids,
      tokenizer.encode("ab a\xff <|end|>", {.addSpecial = true, .parseSpecial = true}));
  (void)tokenizer.decode(ids, /*skipSpecial=*/false);
  return {};
}

} // namespace graphc::fuzz
