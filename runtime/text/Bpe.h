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
/// Words may be megabytes long: to a SentencePiece model the whole text is one. Three things keep
/// the time linear and the memory small. Words are cut where no merge can ever reach across
/// (TokenizerTables::canJoin). What is still long is encoded block by block; mergeAfter makes the
/// seams exact. Within a block a heap finds the next merge.
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

  // Words and their parts.
  bool appendCached(std::string_view text);
  void cacheSince(size_t before, std::string_view text);
  void cutAndEncode(std::string_view text);
  void encodePart(std::string_view text);
  void encodeBlocks(std::string_view text);
  bool mayCut(uint32_t left, uint32_t right) const;

  // Symbols.
  Symbol symbolAt(std::string_view text, size_t position) const;
  size_t readSymbols(std::string_view text, size_t position, size_t limit);
  void addUnknown(std::string_view bytes);
  void expand(uint32_t id);

  // Merging of `symbols`.
  void mergeAfter(size_t tailBegin);
  void merge();
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
  bool lastWasUnknown = false;   ///< The symbol read last was the unknown piece.
  std::vector<uint32_t> symbols; ///< Being merged.
  std::vector<uint32_t> fresh;   ///< mergeAfter: the symbols to append.
  std::vector<uint32_t> ranks;   ///< mergeFew: of the merge of a symbol with the next.
  std::vector<Node> nodes;       ///< mergeMany.
  std::vector<uint64_t> heap;    ///< mergeMany: rank << 32 | node, smallest on top.
  WordCache cache;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_BPE_H
