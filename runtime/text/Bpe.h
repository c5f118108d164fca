// Byte pair encoding of words: symbols are merged, best rank first, until no merge applies.
#ifndef GRAPHC_RUNTIME_TEXT_BPE_H
#define GRAPHC_RUNTIME_TEXT_BPE_H

#include "runtime/text/PreTokenizer.h"
#include "runtime/text/TokenizerTables.h"
#include "runtime/text/WordCache.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace graphc {

/// Encodes words one after the other; appends ids to a vector. One object serves one call of
/// encode: it owns the scratch memory.
///
/// A word first becomes symbols: its bytes (byte-level models) or its characters; a character that
/// is not in the vocabulary becomes the pieces of its bytes, or the unknown piece. Then neighbours
/// merge in the order of (rank, position).
///
/// Two things keep this linear in practice. Words are cut where no merge can ever reach across
/// (TokenizerTables::canJoin): the parts encode to the same ids, and a SentencePiece model, whose
/// one "word" is the whole text, gets parts about as long as words. Parts of many symbols, such as
/// a line of one letter, go through a heap, in n log n.
class BpeEncoder : public WordSink {
public:
  BpeEncoder(const TokenizerTables &tables, std::vector<int32_t> &out);

  void word(std::string_view text) override;

private:
  /// A symbol of a plain character or byte, kNone for one that is not in the vocabulary.
  struct Symbol {
    uint32_t id;
    uint32_t length; ///< Bytes of text.
  };
  /// A symbol in the linked list that the heap works on.
  struct Node {
    uint32_t id;
    uint32_t previous, next; ///< Indices, kNone at the ends.
    uint32_t rank;           ///< Of the merge with the next node; kNone: none, or absorbed.
  };

  Symbol symbolAt(std::string_view text, size_t position) const;
  bool mayCut(uint32_t left, uint32_t right) const;
  void cutAndEncode(std::string_view text);
  void encodePart(std::string_view text);
  void readSymbols(std::string_view text);
  void addUnknown(std::string_view bytes, bool lastWasUnknown);
  void mergeFew();
  void mergeMany();
  void buildList();
  void queueMerge(uint32_t node);
  void mergeWithNext(uint32_t node);

  const TokenizerTables &tables;
  std::vector<int32_t> &out;
  const bool byteLevel;
  const bool ignoreMerges;
  bool fallbackComplete;         ///< Every byte has a fallback piece.
  std::vector<uint32_t> symbols; ///< Of the part at hand.
  std::vector<uint32_t> ranks;   ///< mergeFew: of the merge of a symbol with the next.
  std::vector<Node> nodes;       ///< mergeMany.
  std::vector<uint64_t> heap;    ///< mergeMany: rank << 32 | node, smallest on top.
  WordCache cache;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_BPE_H
