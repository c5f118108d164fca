// A tokenizer in plain data: what readers of tokenizer files produce and TableBuilder lays out.
#ifndef GRAPHC_RUNTIME_TEXT_TOKENIZERSPEC_H
#define GRAPHC_RUNTIME_TEXT_TOKENIZERSPEC_H

#include "runtime/text/TokenizerFormat.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace graphc {

/// Two neighbouring pieces that become one.
struct MergeSpec {
  uint32_t left;
  uint32_t right;
  uint32_t result;
  uint32_t rank; ///< Smaller ranks merge first; of equal ones, the leftmost.
};

/// Where an added token is sought.
enum class TokenSearch : uint8_t {
  Raw,        ///< In the text as it is given.
  Normalized, ///< In the normalized text, in its own normalized form.
  Verbatim,   ///< In the normalized text, as it is spelled.
};

struct AddedTokenSpec {
  std::string content;
  uint32_t id = 0;
  bool singleWord = false;
  bool leftStrip = false;
  bool rightStrip = false;
  TokenSearch search = TokenSearch::Normalized;
  bool special = false;
};

/// A Step with its texts.
struct StepSpec {
  uint32_t kind = 0;
  uint32_t a = 0;
  uint32_t b = 0;
  std::string first = {};
  std::string second = {};
  uint32_t reserved = 0;
};

template <typename Kind>
StepSpec makeStep(Kind kind, uint32_t a = 0, uint32_t b = 0) {
  StepSpec step;
  step.kind = static_cast<uint32_t>(kind);
  step.a = a;
  step.b = b;
  return step;
}

/// How far below the lowest score of a Unigram model an unknown character is.
inline constexpr double kUnknownPenalty = 10;

struct TokenizerSpec {
  /// Texts by id, as the vocabulary spells them (byte-level: in the alphabet of 256 printable
  /// characters); none where an id is unused. Added tokens are not in here, unless they are pieces
  /// of the model too.
  std::vector<std::optional<std::string>> pieces;
  ModelKind model = ModelKind::Bpe;
  std::vector<MergeSpec> merges;
  /// Unigram: a score for each piece, and that of a character that no piece spells.
  std::vector<double> scores;
  double unknownScore = 0;
  /// Pieces that no text can become, beside those of special tokens.
  std::vector<uint32_t> unreachable;
  /// WordPiece: what pieces inside a word begin with, and the longest word in characters.
  std::string wordPrefix;
  uint32_t wordLimit = 0;
  std::vector<AddedTokenSpec> addedTokens;

  bool byteLevel = false;
  bool byteFallback = false;
  bool ignoreMerges = false;
  bool fuseUnknown = false;
  bool floatScores = false;
  uint32_t unknownId = kNone;
  uint32_t bosId = kNone;
  uint32_t eosId = kNone;

  std::vector<StepSpec> normalizer;
  std::vector<StepSpec> preTokenizer;
  std::vector<StepSpec> decoder;
  /// Ids that a template puts before and after a text.
  std::vector<uint32_t> prefixIds;
  std::vector<uint32_t> suffixIds;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_TOKENIZERSPEC_H
