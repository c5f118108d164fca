// Precompiled character maps of SentencePiece: which characters (or short strings) become which.
//
//   u32 size of the trie in bytes; the trie, a double array of u32 units; then texts, each ended by
//   a NUL, that the trie's values are offsets of
//
// A unit packs a value (if bit 31 is set) or a label (bits 0 to 7), whether it has a value (bit 8)
// and the distance to its children (bits 10 to 30, shifted by 8 more if bit 9 is set). See
// https://github.com/google/sentencepiece, normalizer.cc, and
// https://github.com/s-yata/darts-clone.
#ifndef GRAPHC_RUNTIME_TEXT_CHARSMAP_H
#define GRAPHC_RUNTIME_TEXT_CHARSMAP_H

#include "runtime/base/Status.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace graphc {

/// A view of a map; the bytes are untrusted, every look-up is bounded.
class Charsmap {
public:
  /// BadInput for bytes that hold no map.
  static Expected<Charsmap> open(std::string_view bytes);

  /// A key at the start of a text and what it becomes.
  struct Match {
    size_t length;
    std::string_view text;
  };
  /// The longest key, or the shortest.
  std::optional<Match> longest(std::string_view text) const { return find(text, false); }
  std::optional<Match> shortest(std::string_view text) const { return find(text, true); }

private:
  std::optional<Match> find(std::string_view text, bool first) const;
  uint32_t unit(size_t index) const;
  std::string_view textAt(uint32_t offset) const;

  std::string_view units; ///< Four bytes each, not aligned.
  std::string_view texts;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_CHARSMAP_H
