// Unigram models: the most likely sequence of pieces.
#ifndef GRAPHC_RUNTIME_TEXT_UNIGRAM_H
#define GRAPHC_RUNTIME_TEXT_UNIGRAM_H

#include "runtime/text/PreTokenizer.h"
#include "runtime/text/TokenizerTables.h"
#include "runtime/text/WordCache.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace graphc {

/// Finds, among all ways to put a word together from pieces, the one with the largest sum of
/// scores (Viterbi's algorithm). A character that is no piece may also be unknown, at a score of
/// its own; unknown characters in a row become the pieces of their bytes, or one unknown piece.
///
/// Time is that of walking the trie of pieces at each character. Words may be megabytes long: a
/// place that no piece reaches across is on every path, so what lies before it is decided there and
/// the memory is used again.
class UnigramEncoder : public WordSink {
public:
  UnigramEncoder(const TokenizerTables &tables, std::vector<int32_t> &out);

  void word(std::string_view text) override;

private:
  /// The best way to a place in the text.
  struct Node {
    double score;
    uint32_t begin; ///< Where its last piece begins; kNone: no way leads here.
    uint32_t id;    ///< The last piece; kNone for an unknown character.
  };

  void encode(std::string_view text);
  size_t extend(std::string_view text, size_t position);
  void reach(size_t end, size_t begin, uint32_t id, double score);
  void decide(std::string_view text, size_t end);
  void endUnknown();
  const TrieNode *child(const TrieNode &node, uint8_t byte) const;

  const TokenizerTables &tables;
  std::vector<int32_t> &out;
  const bool floatScores;
  uint32_t firstChildren[256]; ///< Of the trie's root, by byte; kNone for none.
  size_t base = 0;             ///< Place in the text of the first node.
  std::vector<Node> nodes;
  std::vector<Node> path;   ///< decide: pieces from the last to the first.
  std::string_view unknown; ///< Characters in a row without a piece.
  WordCache cache;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_UNIGRAM_H
