// The tokenizer: text to ids and back, over tables that lie in a plan.
//
//   GRAPHC_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::open(section));
//   GRAPHC_ASSIGN_OR_RETURN(std::vector<int32_t> ids, tokenizer.encode(text, {.addSpecial =
//   true})); StreamDecoder decoder(tokenizer); for (int32_t id : generated)
//   write(decoder.push(id)); write(decoder.flush());
#ifndef GRAPHC_RUNTIME_TEXT_TOKENIZER_H
#define GRAPHC_RUNTIME_TEXT_TOKENIZER_H

#include "runtime/base/Status.h"
#include "runtime/text/Decoder.h"
#include "runtime/text/Normalizer.h"
#include "runtime/text/PreTokenizer.h"
#include "runtime/text/TokenizerTables.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

struct EncodeOptions {
  /// Put the template's ids around the text (a beginning-of-text token, usually).
  bool addSpecial = false;
  /// Special tokens spelled out in the text become their ids. Off for text that users write: it
  /// never becomes a control token. Added tokens that are not special are matched either way.
  bool parseSpecial = false;
};

/// An opened tokenizer: a view of its tables, which must outlive it. Immutable and free of locks,
/// so threads may share one.
class Tokenizer {
public:
  /// Checks the tables once (see TokenizerTables::open) and reads nothing else. The bytes must be
  /// aligned to 8.
  static Expected<Tokenizer> open(std::span<const std::byte> blob);

  /// Ids of a text. Any bytes are text: what is not UTF-8 and NUL bytes go through byte-level or
  /// byte-fallback pieces (or the unknown piece where the vocabulary has none). Time is linear in
  /// the text but for a logarithm over words longer than any in a language. Usage for 2 GiB and
  /// more.
  Expected<std::vector<int32_t>> encode(std::string_view text,
                                        const EncodeOptions &options = {}) const;

  /// Text of ids, always valid UTF-8: bytes that spell no character become U+FFFD. Ids that have no
  /// piece are left out, and special tokens too if `skipSpecial`.
  std::string decode(std::span<const int32_t> ids, bool skipSpecial) const;

  /// The piece of an id as the tables hold it: raw bytes in byte-level models (maybe no UTF-8), the
  /// vocabulary's own spelling else (with U+2581 for blanks). Empty for an id that has no piece.
  std::string_view pieceText(int32_t id) const;
  /// The same as UTF-8, as the vocabulary spells it: bytes of byte-level models in their alphabet
  /// of printable characters.
  std::string pieceSpelling(int32_t id) const;
  /// True for control tokens, which carry no text.
  bool isSpecial(int32_t id) const;
  /// True for ids that have a piece.
  bool isUsed(int32_t id) const;

  /// One more than the largest id: the embedding needs at least so many rows.
  int32_t vocabularySize() const { return static_cast<int32_t>(tables.pieceCount()); }

  /// Beginning and end of text, as far as the tokenizer's files tell; the model's config may know
  /// more end tokens.
  std::optional<int32_t> bosId() const { return optionalId(tables.bosId()); }
  std::optional<int32_t> eosId() const { return optionalId(tables.eosId()); }
  /// The piece for what the vocabulary cannot spell.
  std::optional<int32_t> unknownId() const { return optionalId(tables.unknownId()); }

private:
  friend class StreamDecoder;

  Tokenizer(TokenizerTables tables, Normalizer normalizer, PreTokenizer preTokenizer,
            Decoder decoder)
      : tables(tables), normalizer(normalizer), preTokenizer(preTokenizer), decoder(decoder) {}

  static std::optional<int32_t> optionalId(uint32_t id) {
    return id == kNone ? std::nullopt : std::optional<int32_t>(static_cast<int32_t>(id));
  }
  /// The piece that an id adds to a text, if any.
  std::optional<std::string_view> decodedPiece(int32_t id, bool skipSpecial) const;

  TokenizerTables tables;
  Normalizer normalizer;
  PreTokenizer preTokenizer;
  Decoder decoder;
};

/// Decodes ids as they are generated. What push returns so far, put together, is what decode
/// returns; only where byte pieces spell no UTF-8 may the number of U+FFFD differ.
///
/// A tokenizer may treat the start of a text in its own way (SentencePiece drops one blank). To get
/// a continuation as it reads after its prompt, push the prompt's ids first and drop what they
/// return.
class StreamDecoder {
public:
  /// The tokenizer must outlive the decoder.
  explicit StreamDecoder(const Tokenizer &tokenizer, bool skipSpecial = true);

  /// Text that this id completes: whole UTF-8 characters, maybe none.
  std::string push(int32_t id);
  /// Ends the text: what was kept back, with U+FFFD for what never became a character.
  std::string flush();

private:
  const Tokenizer &tokenizer;
  DecoderRun run;
  bool skipSpecial;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_TOKENIZER_H
