// A small cache from short words to their ids, for one call of encode.
#ifndef GRAPHC_RUNTIME_TEXT_WORDCACHE_H
#define GRAPHC_RUNTIME_TEXT_WORDCACHE_H

#include "runtime/text/TokenizerFormat.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace graphc {

/// Direct-mapped: a word goes to the slot of its hash and drives out what is there. Text repeats
/// its words, so most look-ups hit, and a look-up touches one cache line.
class WordCache {
public:
  static constexpr size_t kMaxWord = 16; ///< Longer words are not kept.
  static constexpr size_t kMaxIds = 10;  ///< Nor are words of more ids.

  /// The ids of a word of 1 to kMaxWord bytes, or none.
  std::optional<std::span<const int32_t>> find(std::string_view word) const {
    if (entries.empty())
      return std::nullopt;
    Key key(word);
    const Entry &entry = entries[key.slot()];
    if (entry.wordLength != word.size() || entry.key != key)
      return std::nullopt;
    return std::span(entry.ids, entry.idCount);
  }

  /// Keeps the ids of such a word, unless they are too many.
  void store(std::string_view word, std::span<const int32_t> ids) {
    if (ids.size() > kMaxIds)
      return;
    if (entries.empty())
      entries.resize(kEntries);
    Key key(word);
    Entry &entry = entries[key.slot()];
    entry.key = key;
    entry.wordLength = static_cast<uint8_t>(word.size());
    entry.idCount = static_cast<uint8_t>(ids.size());
    std::copy(ids.begin(), ids.end(), entry.ids);
  }

private:
  static constexpr size_t kEntries = 4096; // 256 KB, inside the second-level cache.

  /// The bytes of a word, padded with zeros.
  struct Key {
    uint64_t low = 0, high = 0;

    Key() = default;
    explicit Key(std::string_view word) {
      std::memcpy(&low, word.data(), std::min<size_t>(word.size(), 8));
      if (word.size() > 8)
        std::memcpy(&high, word.data() + 8, word.size() - 8);
    }
    bool operator==(const Key &) const = default;
    size_t slot() const {
      uint64_t hash = (low ^ std::rotl(high, 29)) * 0x9E3779B97F4A7C15u;
      hash ^= hash >> 32;
      return hashSlot(hash * 0xC4CEB9FE1A85EC53u, kEntries);
    }
  };

  struct Entry {
    Key key;
    uint8_t wordLength = 0; ///< 0: empty.
    uint8_t idCount = 0;
    int32_t ids[kMaxIds] = {};
  };
  static_assert(sizeof(Entry) == 64, "one cache line");

  std::vector<Entry> entries;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_WORDCACHE_H
