// Models that look words up: WordPiece by their parts, WordLevel whole.
#ifndef GRAPHC_RUNTIME_TEXT_WORDPIECE_H
#define GRAPHC_RUNTIME_TEXT_WORDPIECE_H

#include "runtime/text/PreTokenizer.h"
#include "runtime/text/TokenizerTables.h"

#include <cstdint>
#include <string>
#include <vector>

namespace graphc {

/// The longest piece that a word begins with, then the longest that its rest begins with behind the
/// prefix ("##"), and so on. A word of which any part has no piece, or that has more characters
/// than wordLimit, is the unknown piece as a whole.
class WordPieceEncoder : public WordSink {
public:
  WordPieceEncoder(const TokenizerTables &tables, std::vector<int32_t> &out)
      : tables(tables), out(out) {}

  void word(std::string_view text) override;

private:
  bool appendPieces(std::string_view text);
  uint32_t longestPiece(std::string_view text, bool continues, size_t &length);

  const TokenizerTables &tables;
  std::vector<int32_t> &out;
  std::string candidate; ///< A part of a word behind the prefix.
};

/// A word is a piece, or the unknown one.
class WordLevelEncoder : public WordSink {
public:
  WordLevelEncoder(const TokenizerTables &tables, std::vector<int32_t> &out)
      : tables(tables), out(out) {}

  void word(std::string_view text) override;

private:
  const TokenizerTables &tables;
  std::vector<int32_t> &out;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_WORDPIECE_H
