// Read access to a tokenizer's tables (TokenizerFormat.h), in place.
#ifndef GRAPHC_RUNTIME_TEXT_TOKENIZERTABLES_H
#define GRAPHC_RUNTIME_TEXT_TOKENIZERTABLES_H

#include "runtime/base/Status.h"
#include "runtime/text/TokenizerFormat.h"

#include <cstddef>
#include <span>
#include <string_view>

namespace graphc {

/// A view of the tables; cheap to copy, valid while the bytes are. Nothing is parsed or copied: the
/// look-ups read the mapped memory.
class TokenizerTables {
public:
  /// Checks everything that the look-ups rely on, one pass over the tables: bounds, counts, that
  /// ids and ranks exist, that hash tables have an empty slot, that tries only lead forward. Bytes
  /// that fail are BadInput, another version is PlanMismatch. What the steps of the programs mean
  /// is checked by Normalizer, PreTokenizer and Decoder.
  static Expected<TokenizerTables> open(std::span<const std::byte> blob);

  /// Ids run from 0 to pieceCount() - 1; some may be unused.
  uint32_t pieceCount() const { return header->pieceCount; }
  bool has(ModelFlag flag) const { return header->flags & flag; }
  uint32_t unknownId() const { return header->unknownId; }
  uint32_t bosId() const { return header->bosId; }
  uint32_t eosId() const { return header->eosId; }
  ModelKind model() const { return static_cast<ModelKind>(header->modelKind); }
  uint32_t wordLimit() const { return header->wordLimit; }

  /// Text of an id (id < pieceCount()), empty for an unused one.
  std::string_view pieceText(uint32_t id) const {
    return {pieceChars + pieceOffsets[id], pieceOffsets[id + 1] - pieceOffsets[id]};
  }
  /// Bits of PieceFlag.
  uint8_t pieceFlags(uint32_t id) const { return flagsOfPieces[id]; }

  /// Id of the model's piece with this text, or kNone. Special tokens are not found: ordinary text
  /// must never become one.
  uint32_t findPiece(std::string_view text) const;

  /// Id of a single byte (byte-level models) or ASCII character, or kNone.
  uint32_t symbolId(uint8_t byte) const { return symbolIds[byte]; }
  /// Id of the piece that stands for a byte in byte fallback, or kNone.
  uint32_t fallbackId(uint8_t byte) const { return fallbackIds[byte]; }

  /// Rank of the merge of two neighbours, or kNone. Smaller ranks merge first.
  uint32_t mergeRank(uint32_t left, uint32_t right) const {
    const MergeSlot *slot = findPair(mergeIndex, left, right);
    return slot ? slot->rank : kNone;
  }
  /// What the merge of two neighbours, which has a rank, makes.
  uint32_t mergeResult(uint32_t left, uint32_t right) const {
    return findPair(mergeIndex, left, right)->result;
  }

  /// Can any sequence of merges put these two neighbouring symbols in one piece? Always true for a
  /// model whose words cannot be cut (kSeparable absent).
  bool canJoin(uint32_t left, uint32_t right) const {
    return !has(kSeparable) || findPair(joinIndex, left, right);
  }

  /// Unigram: score of an id and of an unknown character, and the trie of all pieces that text can
  /// become.
  double pieceScore(uint32_t id) const { return scores[id]; }
  double unknownScore() const { return header->unknownScore; }
  std::span<const TrieNode> pieceTrie() const { return pieceNodes; }
  /// WordPiece: what pieces inside a word begin with.
  std::string_view wordPrefix() const { return prefixChars; }

  std::span<const AddedToken> addedTokens() const { return added; }
  std::span<const TrieNode> rawTrie() const { return rawNodes; }
  std::span<const TrieNode> normalizedTrie() const { return normalizedNodes; }
  std::span<const Step> normalizerSteps() const { return normalizer; }
  std::span<const Step> preTokenizerSteps() const { return preTokenizer; }
  std::span<const Step> decoderSteps() const { return decoder; }
  std::string_view stepText() const { return stepChars; }
  std::span<const uint32_t> prefixIds() const { return prefix; }
  std::span<const uint32_t> suffixIds() const { return suffix; }

private:
  template <typename Slot>
  static const Slot *findPair(std::span<const Slot> slots, uint32_t left, uint32_t right) {
    for (size_t i = hashSlot(hashPair(left, right), slots.size());;) {
      const Slot &slot = slots[i];
      if (slot.left == kNone)
        return nullptr;
      if (slot.left == left && slot.right == right)
        return &slot;
      i = i + 1 == slots.size() ? 0 : i + 1;
    }
  }

  template <typename T>
  Status bind(std::span<const std::byte> blob, Section section, std::span<const T> &out) const;
  Status bindSections(std::span<const std::byte> blob);
  Status checkPieces() const;
  Status checkIds() const;
  Status checkMerges() const;
  Status checkSteps(std::span<const Step> steps) const;
  Status checkModel() const;
  Status checkTrie(std::span<const TrieNode> nodes, size_t tokenCount) const;

  const TokenizerHeader *header = nullptr;
  const char *pieceChars = nullptr;
  std::span<const uint32_t> pieceOffsets;
  std::span<const char> pieceBytes;
  std::span<const uint8_t> flagsOfPieces;
  std::span<const uint32_t> pieceIndex, symbolIds, fallbackIds, prefix, suffix;
  std::span<const MergeSlot> mergeIndex;
  std::span<const JoinSlot> joinIndex;
  std::span<const double> scores;
  std::span<const AddedToken> added;
  std::span<const TrieNode> pieceNodes, rawNodes, normalizedNodes;
  std::span<const Step> normalizer, preTokenizer, decoder;
  std::string_view stepChars, prefixChars;
};

/// The two texts of a step. The step must come from tables that were opened.
inline std::string_view firstText(const Step &step, std::string_view texts) {
  return texts.substr(step.firstOffset, step.firstSize);
}
inline std::string_view secondText(const Step &step, std::string_view texts) {
  return texts.substr(step.secondOffset, step.secondSize);
}

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_TOKENIZERTABLES_H
