#include "runtime/memory/KvCache.h"

#include "runtime/base/Assert.h"

#include <algorithm>
#include <cstring>

namespace graphc {

Expected<KvCache> KvCache::create(std::span<const KvLayout> layers, int64_t maxPages) {
  KvCache cache;
  cache.layouts.assign(layers.begin(), layers.end());
  cache.capacity = maxPages;
  for (const KvLayout &layer : layers) {
    auto bytes =
        checkedMul(static_cast<uint64_t>(layer.pageBytes()), static_cast<uint64_t>(maxPages));
    if (!bytes)
      return resourceError("a KV cache of " + std::to_string(maxPages) +
                           " pages does not fit into the address space");
    GRAPHC_ASSIGN_OR_RETURN(MappedMemory pool,
                            MappedMemory::reserve(*bytes, "KV cache", PageSize::HugeBehindFirst));
    cache.pools.push_back(std::move(pool));
  }
  return cache;
}

uint64_t KvCache::bytesPerPage(std::span<const KvLayout> layers) {
  uint64_t result = 0;
  for (const KvLayout &layer : layers)
    result += static_cast<uint64_t>(layer.pageBytes());
  return result;
}

KvCache::Sequence &KvCache::at(SequenceId id) {
  GRAPHC_ASSERT(id >= 0 && id < std::ssize(sequences) && sequences[size_t(id)].alive,
                "unknown sequence");
  return sequences[static_cast<size_t>(id)];
}

const KvCache::Sequence &KvCache::at(SequenceId id) const {
  return const_cast<KvCache *>(this)->at(id);
}

KvCache::SequenceId KvCache::createSequence() {
  auto unused = std::find_if(sequences.begin(), sequences.end(),
                             [](const Sequence &sequence) { return !sequence.alive; });
  if (unused == sequences.end())
    unused = sequences.emplace(sequences.end());
  unused->alive = true;
  return static_cast<SequenceId>(unused - sequences.begin());
}

KvCache::SequenceId KvCache::fork(SequenceId parent) {
  SequenceId child = createSequence();
  Sequence &copy = at(child);
  copy.pages = at(parent).pages;
  copy.length = at(parent).length;
  copy.staleTail = at(parent).staleTail;
  for (int32_t page : copy.pages)
    ++references[static_cast<size_t>(page)];
  return child;
}

/// New pages that `tokens` more tokens take, a copy of a shared last page included.
int64_t KvCache::pagesNeeded(const Sequence &sequence, int64_t tokens) const {
  int64_t total = ceilDiv(sequence.length + tokens, kPageTokens);
  return total - std::ssize(sequence.pages) + (tokens > 0 && writesSharedPage(sequence) ? 1 : 0);
}

/// Is the next token going to a page that another sequence also has?
bool KvCache::writesSharedPage(const Sequence &sequence) const {
  return sequence.length % kPageTokens != 0 &&
         references[static_cast<size_t>(sequence.pages.back())] > 1;
}

Status KvCache::append(SequenceId id, int64_t tokens) {
  Sequence &sequence = at(id);
  int64_t needed = pagesNeeded(sequence, tokens);
  if (needed > freePages())
    return resourceError("the KV cache is full: " + std::to_string(needed) +
                         " more pages are needed, " + std::to_string(freePages()) + " of " +
                         std::to_string(capacity) + " are free");
  if (tokens > 0)
    makeLastPageOwn(sequence);
  sequence.length += tokens;
  while (std::ssize(sequence.pages) * kPageTokens < sequence.length)
    sequence.pages.push_back(takePage());
  return {};
}

/// Before a write to a partly filled page: nobody else sees it, and behind the end it is zero.
void KvCache::makeLastPageOwn(Sequence &sequence) {
  if (writesSharedPage(sequence)) {
    int32_t shared = sequence.pages.back();
    sequence.pages.back() = takePage();
    copyPage(shared, sequence.pages.back());
    releasePage(shared);
    sequence.staleTail = true;
  }
  if (sequence.staleTail && sequence.length % kPageTokens != 0)
    clearTokens(sequence.pages.back(), sequence.length % kPageTokens);
  sequence.staleTail = false;
}

void KvCache::truncate(SequenceId id, int64_t length) {
  Sequence &sequence = at(id);
  if (length >= sequence.length)
    return;
  sequence.length = length;
  while (std::ssize(sequence.pages) > ceilDiv(length, kPageTokens)) {
    releasePage(sequence.pages.back());
    sequence.pages.pop_back();
  }
  sequence.staleTail = true; // cleared when it is written to, as others may share it now
}

void KvCache::free(SequenceId id) {
  truncate(id, 0);
  at(id) = Sequence();
}

int32_t KvCache::takePage() {
  ++usedPages;
  if (freed.empty()) { // never used: the system's zeros
    references.push_back(1);
    return static_cast<int32_t>(references.size() - 1);
  }
  int32_t page = freed.back();
  freed.pop_back();
  references[static_cast<size_t>(page)] = 1;
  for (size_t layer = 0; layer < layouts.size(); ++layer) {
    int64_t bytes = layouts[layer].pageBytes();
    std::memset(layerBase(layer) + page * bytes, 0, static_cast<size_t>(bytes));
  }
  return page;
}

void KvCache::releasePage(int32_t page) {
  if (--references[static_cast<size_t>(page)] > 0)
    return;
  freed.push_back(page);
  --usedPages;
}

void KvCache::copyPage(int32_t from, int32_t to) {
  for (size_t layer = 0; layer < layouts.size(); ++layer) {
    int64_t bytes = layouts[layer].pageBytes();
    std::memcpy(layerBase(layer) + to * bytes, layerBase(layer) + from * bytes,
                static_cast<size_t>(bytes));
  }
}

/// Zeroes what a page holds from token `first` (0..63) on.
void KvCache::clearTokens(int32_t page, int64_t first) {
  for (size_t layer = 0; layer < layouts.size(); ++layer) {
    const KvLayout &layout = layouts[layer];
    std::byte *base = layerBase(layer) + page * layout.pageBytes();
    auto element = static_cast<size_t>(byteSize(layout.elementType));
    for (int64_t head = 0; head < layout.heads; ++head) {
      for (int64_t token = first; token < kPageTokens; ++token) {
        for (int64_t d = 0; d < layout.headDim; ++d) {
          std::memset(base + layout.keyOffset(head, token, d), 0, element);
          std::memset(base + layout.valueOffset(head, token, d), 0, element);
        }
        if (layout.hasScales()) {
          std::memset(base + layout.keyScaleOffset(head, token), 0, KvLayout::kScaleBytes);
          std::memset(base + layout.valueScaleOffset(head, token), 0, KvLayout::kScaleBytes);
        }
      }
    }
  }
}

} // namespace graphc
