// A small cache from short words to their ids, for one call of encode.
#ifndef GRAPHC_RUNTIME_TEXT_WORDCACHE_H
#define GRAPHC_RUNTIME_TEXT_WORDCACHE_H

#include "runtime/text/TokenizerFormat.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
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

  struct Entry {
    uint64_t key[2] = {0, 0};
    uint8_t wordLength = 0; ///< 0: empty.
    uint8_t idCount = 0;
    uint32_t ids[kMaxIds] = {};
  };
  static_assert(sizeof(Entry) == 64, "one cache line");

  /// The slot of a word of 1 to kMaxWord bytes; `hit` tells whether it holds this word.
  Entry &lookup(std::string_view word, bool &hit) {
    if (entries.empty())
      entries.resize(kEntries);
    uint64_t key[2] = {0, 0};
    std::memcpy(key, word.data(), word.size());
    uint64_t hash = hashPair(static_cast<uint32_t>(key[0] ^ (key[1] >> 32)),
                             static_cast<uint32_t>((key[0] >> 32) ^ key[1])) +
                    word.size();
    Entry &entry = entries[hashSlot(hash, kEntries)];
    hit = entry.wordLength == word.size() && entry.key[0] == key[0] && entry.key[1] == key[1];
    if (!hit)
      std::memcpy(entry.key, key, sizeof(key));
    return entry;
  }

  /// Fills the slot that lookup returned for `word`, or leaves it empty when there are too many
  /// ids.
  static void store(Entry &entry, std::string_view word, std::span<const uint32_t> ids) {
    entry.wordLength = ids.size() <= kMaxIds ? static_cast<uint8_t>(word.size()) : 0;
    entry.idCount = static_cast<uint8_t>(std::min(ids.size(), kMaxIds));
    std::copy_n(ids.begin(), entry.idCount, entry.ids);
  }

private:
  static constexpr size_t kEntries = 4096; // 256 KB, inside the second-level cache.
  std::vector<Entry> entries;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_WORDCACHE_H
