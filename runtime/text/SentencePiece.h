// SentencePiece models: pieces with scores and types, as tokenizer.model and GGUF files have them.
#ifndef GRAPHC_RUNTIME_TEXT_SENTENCEPIECE_H
#define GRAPHC_RUNTIME_TEXT_SENTENCEPIECE_H

#include "runtime/base/Status.h"
#include "runtime/text/TokenizerSpec.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace graphc {

/// Numbers as in both kinds of files.
enum class PieceType : uint32_t {
  Normal = 1,
  Unknown = 2,     ///< For what the vocabulary cannot spell; no text becomes it.
  Control = 3,     ///< Like <s>: no text becomes it.
  UserDefined = 4, ///< Always a piece where it occurs in a text.
  Unused = 5,      ///< No text becomes it.
  Byte = 6,        ///< <0xNN>
};
inline constexpr uint32_t kPieceTypes = 6;

/// A vocabulary and how texts are prepared for it.
struct SentencePieceModel {
  struct Piece {
    std::string text;
    float score = 0;
    PieceType type = PieceType::Normal;
  };
  std::vector<Piece> pieces;
  ModelKind kind = ModelKind::Unigram; ///< Or Bpe.
  bool byteFallback = false;
  std::string charsmap; ///< Charsmap.h; empty for none.
  bool addDummyPrefix = true;
  bool removeExtraWhitespaces = true;
  bool escapeWhitespaces = true; ///< Blanks are U+2581 in pieces.
  /// Only the beginning of a text gets the prefix, not what follows a special token.
  bool prefixAtStartOnly = false;
  /// User-defined pieces are sought before blanks become U+2581 (they are spelled with blanks).
  bool userDefinedRaw = false;
};

/// The tokenizer. A BPE model's merges are all pairs of pieces that make a piece; the score of what
/// they make is their rank, so that of equal scores the leftmost goes first, as in the library.
///
/// BadInput for models that contradict themselves (several unknown pieces, a text that two pieces
/// have), Unsupported for BPE models in which unused pieces could come about. `place` is the file's
/// name for messages.
Expected<TokenizerSpec> makeSentencePieceSpec(const SentencePieceModel &model,
                                              const std::string &place);

/// A tokenizer.model file (a ModelProto of protobuf).
struct SentencePieceFile {
  SentencePieceModel model;
  uint32_t bosId = kNone;
  uint32_t eosId = kNone;
};

/// BadInput for damaged files, Unsupported for kinds of models and options that graphc does not
/// know.
Expected<SentencePieceFile> readSentencePieceFile(std::span<const std::byte> bytes,
                                                  const std::string &place);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_SENTENCEPIECE_H
