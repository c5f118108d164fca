// The KV cache: sequences of tokens over a pool of pages.
#ifndef GRAPHC_RUNTIME_MEMORY_KVCACHE_H
#define GRAPHC_RUNTIME_MEMORY_KVCACHE_H

#include "runtime/base/Status.h"
#include "runtime/memory/MappedMemory.h"
#include "runtime/plan/KvLayout.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace graphc {

/// Keys and values of a number of sequences, in pages of kPageTokens tokens (KvLayout.h).
///
/// A page number stands for one page in *every* layer: page p of layer l is at
/// layerBase(l) + p * layout(l).pageBytes(). The pool of a layer is address space for all pages;
/// memory is taken when a kernel first writes to one, and kept. A page is zero when a sequence gets
/// it, also when another one had it before: attention multiplies what is behind a sequence's end by
/// exact zeros, and 0 * NaN would leak.
///
/// fork() shares pages by reference count; a shared page that is about to be written to is copied
/// first. Not for use by several threads at once.
class KvCache {
public:
  using SequenceId = int32_t;

  /// A cache of at most `maxPages` pages. Resources when the address space is refused.
  static Expected<KvCache> create(std::span<const KvLayout> layers, int64_t maxPages);

  /// A new, empty sequence.
  SequenceId createSequence();

  /// A new sequence with the same tokens, sharing their pages.
  SequenceId fork(SequenceId parent);

  /// Makes room for `tokens` more tokens and counts them: the caller's next step writes them.
  /// Resources, with nothing changed, when the pages do not suffice.
  Status append(SequenceId sequence, int64_t tokens);

  /// Forgets the tokens from `length` on; pages that held nothing else go back.
  void truncate(SequenceId sequence, int64_t length);

  /// Forgets the sequence. Its id may be given to a later one.
  void free(SequenceId sequence);

  int64_t length(SequenceId sequence) const { return at(sequence).length; }

  /// Pages in order of the tokens: entry i holds tokens 64i .. 64i+63. Valid until the sequence
  /// changes.
  std::span<const int32_t> pages(SequenceId sequence) const { return at(sequence).pages; }

  std::byte *layerBase(size_t layer) const { return pools[layer].data(); }
  const KvLayout &layout(size_t layer) const { return layouts[layer]; }
  int64_t freePages() const { return capacity - usedPages; }

  /// Pages that were ever used: what the cache takes of its pools, but for the rest of a huge page
  /// (PageSize::HugeBehindFirst) that the last of them may have begun in each.
  int64_t touchedPages() const { return std::ssize(references); }

  /// Bytes of one page number: its pages in all layers.
  static uint64_t bytesPerPage(std::span<const KvLayout> layers);

private:
  struct Sequence {
    std::vector<int32_t> pages;
    int64_t length = 0;
    bool alive = false;
    bool staleTail = false; ///< The last page holds tokens of others behind this one's end.
  };

  Sequence &at(SequenceId id);
  const Sequence &at(SequenceId id) const;
  int64_t pagesNeeded(const Sequence &sequence, int64_t tokens) const;
  bool writesSharedPage(const Sequence &sequence) const;
  int32_t takePage();
  void releasePage(int32_t page);
  void copyPage(int32_t from, int32_t to);
  void makeLastPageOwn(Sequence &sequence);
  void clearTokens(int32_t page, int64_t first);

  std::vector<KvLayout> layouts;
  std::vector<MappedMemory> pools;
  std::vector<Sequence> sequences;
  std::vector<int32_t> references; ///< Of every page ever used; their count is the high-water mark.
  std::vector<int32_t> freed;      ///< Used before and free now; must be cleared.
  int64_t capacity = 0;
  int64_t usedPages = 0;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_MEMORY_KVCACHE_H
