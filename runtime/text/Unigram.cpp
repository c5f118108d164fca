#include "runtime/text/Unigram.h"

#include "runtime/text/Unicode.h"

#include <algorithm>

namespace graphc {

UnigramEncoder::UnigramEncoder(const TokenizerTables &tables, std::vector<int32_t> &out)
    : tables(tables), out(out), floatScores(tables.has(kFloatScores)) {
  std::fill(std::begin(firstChildren), std::end(firstChildren), kNone);
  std::span<const TrieNode> trie = tables.pieceTrie();
  for (uint32_t i = 0; !trie.empty() && i < trie[0].childCount; ++i)
    firstChildren[trie[trie[0].firstChild + i].byte] = trie[0].firstChild + i;
}

void UnigramEncoder::word(std::string_view text) {
  bool isShort = text.size() <= WordCache::kMaxWord;
  if (isShort) {
    if (std::optional<std::span<const int32_t>> ids = cache.find(text)) {
      out.insert(out.end(), ids->begin(), ids->end());
      return;
    }
  }
  size_t before = out.size();
  encode(text);
  if (isShort)
    cache.store(text, std::span(out).subspan(before));
}

void UnigramEncoder::encode(std::string_view text) {
  base = 0;
  nodes.assign(1, {0, 0, kNone});
  size_t reached = 0; // The furthest place that any piece so far ends at.
  for (size_t position = 0; position < text.size();) {
    if (position == reached && position > base)
      decide(text, position);
    reached = std::max(reached, extend(text, position));
    position += decodeChar(text, position).length;
  }
  decide(text, text.size());
  endUnknown();
}

/// Extends the best way to `position` by each piece that begins there. Returns the furthest end.
size_t UnigramEncoder::extend(std::string_view text, size_t position) {
  size_t charEnd = position + decodeChar(text, position).length;
  double score = nodes[position - base].score;
  size_t furthest = charEnd;
  bool hasChar = false; // Is the first character a piece?
  uint32_t first = firstChildren[static_cast<uint8_t>(text[position])];
  const TrieNode *node = first == kNone ? nullptr : &tables.pieceTrie()[first];
  for (size_t end = position + 1; node; ++end) {
    if (node->token != kNone) {
      reach(end, position, node->token, score + tables.pieceScore(node->token));
      furthest = std::max(furthest, end);
      hasChar = hasChar || end == charEnd;
    }
    node = end < text.size() ? child(*node, static_cast<uint8_t>(text[end])) : nullptr;
  }
  if (!hasChar)
    reach(charEnd, position, kNone, score + tables.unknownScore());
  return furthest;
}

/// Notes a way to `end`. Of equally good ones the first stays, which has the longest last piece.
void UnigramEncoder::reach(size_t end, size_t begin, uint32_t id, double score) {
  size_t index = end - base;
  if (index >= nodes.size())
    nodes.resize(index + 1, {0, kNone, kNone});
  if (floatScores)
    score = static_cast<float>(score);
  Node &node = nodes[index];
  if (node.begin == kNone || score > node.score)
    node = {score, static_cast<uint32_t>(begin), id};
}

/// Appends the pieces of the best way to `end`, which every way leads through, and begins anew
/// there with its score: sums are rounded as if nothing had been decided.
void UnigramEncoder::decide(std::string_view text, size_t end) {
  path.clear();
  for (size_t place = end; place > base;) {
    const Node &node = nodes[place - base];
    path.push_back({0, node.begin, node.id});
    place = node.begin;
  }
  size_t place = base;
  for (size_t i = path.size(); i-- > 0;) {
    size_t pieceEnd = i > 0 ? path[i - 1].begin : end;
    std::string_view piece = text.substr(place, pieceEnd - place);
    place = pieceEnd;
    if (path[i].id == kNone) {
      unknown =
          unknown.empty() ? piece : std::string_view(unknown.data(), unknown.size() + piece.size());
      continue;
    }
    endUnknown();
    out.push_back(static_cast<int32_t>(path[i].id));
  }
  double score = end - base < nodes.size() ? nodes[end - base].score : 0;
  nodes.assign(1, {score, 0, kNone});
  base = end;
}

/// Appends what a run of unknown characters becomes: the pieces of its bytes, if all have one, else
/// the unknown piece.
void UnigramEncoder::endUnknown() {
  if (unknown.empty())
    return;
  auto fallback = [&](char byte) { return tables.fallbackId(static_cast<uint8_t>(byte)); };
  if (std::all_of(unknown.begin(), unknown.end(), [&](char c) { return fallback(c) != kNone; }))
    for (char byte : unknown)
      out.push_back(static_cast<int32_t>(fallback(byte)));
  else if (tables.unknownId() != kNone)
    out.push_back(static_cast<int32_t>(tables.unknownId()));
  unknown = {};
}

const TrieNode *UnigramEncoder::child(const TrieNode &node, uint8_t byte) const {
  std::span<const TrieNode> children = tables.pieceTrie().subspan(node.firstChild, node.childCount);
  for (const TrieNode &candidate : children)
    if (candidate.byte >= byte)
      return candidate.byte == byte ? &candidate : nullptr;
  return nullptr;
}

} // namespace graphc
