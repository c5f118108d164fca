#include "runtime/text/Bpe.h"

#include "runtime/text/Unicode.h"

#include <algorithm>
#include <functional>

namespace graphc {

namespace {

/// Up to this many symbols, looking through all ranks for each merge is faster than a heap.
constexpr size_t kFewSymbols = 32;
/// Byte-level words up to this length are not cut: they are as short as the parts would be.
constexpr size_t kUncutBytes = 32;
/// Symbols that are merged at a time: nodes and heap stay in the first-level cache.
constexpr size_t kBlockSymbols = 2048;
/// Pieces before a block that are merged anew with it, at first.
constexpr size_t kSeamPieces = 2;

} // namespace

BpeEncoder::BpeEncoder(const TokenizerTables &tables, std::vector<int32_t> &out)
    : tables(tables), out(out), byteLevel(tables.has(kByteLevel)),
      ignoreMerges(tables.has(kIgnoreMerges)), fallbackComplete(true) {
  for (unsigned byte = 0; byte < 256; ++byte)
    fallbackComplete &= tables.fallbackId(static_cast<uint8_t>(byte)) != kNone;
}

void BpeEncoder::word(std::string_view text) {
  if (appendCached(text))
    return;
  size_t before = out.size();
  uint32_t whole = ignoreMerges ? tables.findPiece(text) : kNone;
  if (whole != kNone)
    out.push_back(static_cast<int32_t>(whole));
  else if (byteLevel && text.size() <= kUncutBytes)
    encodeBlocks(text);
  else
    cutAndEncode(text);
  cacheSince(before, text);
}

bool BpeEncoder::appendCached(std::string_view text) {
  if (text.size() > WordCache::kMaxWord)
    return false;
  std::optional<std::span<const int32_t>> ids = cache.find(text);
  if (ids)
    out.insert(out.end(), ids->begin(), ids->end());
  return ids.has_value();
}

void BpeEncoder::cacheSince(size_t before, std::string_view text) {
  if (text.size() <= WordCache::kMaxWord)
    cache.store(text, std::span(out).subspan(before));
}

BpeEncoder::Symbol BpeEncoder::symbolAt(std::string_view text, size_t position) const {
  unsigned char byte = static_cast<unsigned char>(text[position]);
  if (byteLevel || byte < 0x80)
    return {tables.symbolId(byte), 1};
  DecodedChar c = decodeMultibyte(text, position);
  uint32_t id = c.valid ? tables.findPiece(text.substr(position, c.length)) : kNone;
  return {id, c.length};
}

/// Can no merge reach across the boundary between two characters? A character without a symbol
/// becomes the pieces of its bytes, or the unknown piece, which never merge in a separable model;
/// but unknown characters in a row may fuse, and with neither it vanishes and its neighbours meet.
bool BpeEncoder::mayCut(uint32_t left, uint32_t right) const {
  if (left != kNone && right != kNone)
    return !tables.canJoin(left, right);
  if (!tables.has(kSeparable))
    return false;
  return fallbackComplete || (tables.unknownId() != kNone && left != right);
}

void BpeEncoder::cutAndEncode(std::string_view text) {
  size_t start = 0;
  Symbol last = symbolAt(text, 0);
  for (size_t position = last.length; position < text.size(); position += last.length) {
    Symbol symbol = symbolAt(text, position);
    if (mayCut(last.id, symbol.id)) {
      encodePart(text.substr(start, position - start));
      start = position;
    }
    last = symbol;
  }
  encodePart(text.substr(start));
}

void BpeEncoder::encodePart(std::string_view text) {
  // A part may read like a word that is a piece as a whole, but it is none.
  if (ignoreMerges)
    return encodeBlocks(text);
  if (appendCached(text))
    return;
  size_t before = out.size();
  encodeBlocks(text);
  cacheSince(before, text);
}

void BpeEncoder::encodeBlocks(std::string_view text) {
  // The pieces of an inseparable model do not tell which symbols they were made of.
  size_t limit = tables.has(kSeparable) ? kBlockSymbols : SIZE_MAX;
  size_t begin = out.size();
  lastWasUnknown = false;
  for (size_t position = 0; position < text.size();) {
    position = readSymbols(text, position, limit);
    mergeAfter(begin);
  }
}

/// Fills `symbols` from a position on until there are `limit` of them or a few more; returns where
/// it stopped.
size_t BpeEncoder::readSymbols(std::string_view text, size_t position, size_t limit) {
  symbols.clear();
  while (position < text.size() && symbols.size() < limit) {
    Symbol symbol = symbolAt(text, position);
    if (symbol.id != kNone) {
      symbols.push_back(symbol.id);
      lastWasUnknown = false;
    } else {
      addUnknown(text.substr(position, symbol.length));
    }
    position += symbol.length;
  }
  return position;
}

/// A character that is not in the vocabulary: its bytes, if all of them have pieces, else the
/// unknown piece (one for several characters in a row, in models that fuse them), else nothing.
void BpeEncoder::addUnknown(std::string_view bytes) {
  auto hasPiece = [&](char byte) { return tables.fallbackId(static_cast<uint8_t>(byte)) != kNone; };
  if (std::all_of(bytes.begin(), bytes.end(), hasPiece)) {
    for (char byte : bytes)
      symbols.push_back(tables.fallbackId(static_cast<uint8_t>(byte)));
    lastWasUnknown = false;
    return;
  }
  uint32_t unknown = tables.unknownId();
  if (unknown == kNone)
    return;
  if (!lastWasUnknown || !tables.has(kFuseUnknown))
    symbols.push_back(unknown);
  lastWasUnknown = true;
}

/// Appends the symbols that a piece was merged from.
void BpeEncoder::expand(uint32_t id) {
  size_t before = symbols.size();
  std::string_view text = tables.pieceFlags(id) & kPieceAtom ? "" : tables.pieceText(id);
  for (size_t position = 0; position < text.size();) {
    Symbol symbol = symbolAt(text, position);
    symbols.push_back(symbol.id);
    position += symbol.length;
  }
  // Atoms; and in damaged tables, pieces that no symbols make.
  auto added = std::span(symbols).subspan(before);
  if (added.empty() || std::find(added.begin(), added.end(), kNone) != added.end()) {
    symbols.resize(before);
    symbols.push_back(id);
  }
}

/// Merges `symbols`, which follow what is encoded in `out` from `tailBegin` on, and appends them so
/// that both together are the encoding of both texts.
///
/// Two facts make it exact. Neighbours in an encoding are the encoding of their own text; and
/// pieces of which all neighbours are so are an encoding. (The first merge that crossed a boundary
/// would do so, too, in the encoding of the two pieces alone.) So it is enough to merge the last
/// pieces anew, together with the symbols: where the first of them comes out as it was, all
/// neighbours are right.
void BpeEncoder::mergeAfter(size_t tailBegin) {
  fresh.swap(symbols);
  size_t tail = out.size() - tailBegin;
  size_t redone = std::min(kSeamPieces, tail);
  for (;; redone = std::min(2 * redone, tail)) {
    symbols.clear();
    for (int32_t id : std::span(out).last(redone))
      expand(static_cast<uint32_t>(id));
    symbols.insert(symbols.end(), fresh.begin(), fresh.end());
    merge();
    if (redone == tail || symbols.front() == static_cast<uint32_t>(out[out.size() - redone]))
      break;
  }
  out.resize(out.size() - redone);
  out.insert(out.end(), symbols.begin(), symbols.end());
}

void BpeEncoder::merge() {
  if (symbols.size() > kFewSymbols)
    mergeMany();
  else
    mergeFew();
}

void BpeEncoder::mergeFew() {
  if (symbols.size() < 2)
    return;
  ranks.resize(symbols.size() - 1);
  for (size_t i = 0; i < ranks.size(); ++i)
    ranks[i] = tables.mergeRank(symbols[i], symbols[i + 1]);
  while (!ranks.empty()) {
    auto best = std::min_element(ranks.begin(), ranks.end());
    if (*best == kNone)
      return;
    auto index = static_cast<size_t>(best - ranks.begin());
    symbols[index] = tables.mergeResult(symbols[index], symbols[index + 1]);
    symbols.erase(symbols.begin() + static_cast<ptrdiff_t>(index) + 1);
    ranks.erase(best);
    if (index > 0)
      ranks[index - 1] = tables.mergeRank(symbols[index - 1], symbols[index]);
    if (index < ranks.size())
      ranks[index] = tables.mergeRank(symbols[index], symbols[index + 1]);
  }
}

void BpeEncoder::buildList() {
  auto count = static_cast<uint32_t>(symbols.size());
  nodes.resize(count);
  heap.clear();
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t next = i + 1 < count ? i + 1 : kNone;
    uint32_t rank = next == kNone ? kNone : tables.mergeRank(symbols[i], symbols[next]);
    nodes[i] = {symbols[i], i == 0 ? kNone : i - 1, next, rank};
    if (rank != kNone)
      heap.push_back(uint64_t(rank) << 32 | i);
  }
  std::make_heap(heap.begin(), heap.end(), std::greater<>());
}

/// Notes the merge of a node with the one after it, if there is one.
void BpeEncoder::queueMerge(uint32_t node) {
  Node &left = nodes[node];
  left.rank = left.next == kNone ? kNone : tables.mergeRank(left.id, nodes[left.next].id);
  if (left.rank == kNone)
    return;
  heap.push_back(uint64_t(left.rank) << 32 | node);
  std::push_heap(heap.begin(), heap.end(), std::greater<>());
}

void BpeEncoder::mergeWithNext(uint32_t node) {
  Node &left = nodes[node];
  Node &right = nodes[left.next];
  left.id = tables.mergeResult(left.id, right.id);
  left.next = right.next;
  right.rank = kNone; // What the heap still holds of it is out of date.
  if (left.next != kNone)
    nodes[left.next].previous = node;
  if (left.previous != kNone)
    queueMerge(left.previous);
  queueMerge(node);
}

void BpeEncoder::mergeMany() {
  buildList();
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    auto rank = static_cast<uint32_t>(heap.back() >> 32);
    auto node = static_cast<uint32_t>(heap.back());
    heap.pop_back();
    if (nodes[node].rank == rank)
      mergeWithNext(node);
  }
  symbols.clear();
  for (uint32_t node = 0; node != kNone; node = nodes[node].next)
    symbols.push_back(nodes[node].id);
}

} // namespace graphc
