#include "runtime/text/TrieBuilder.h"

namespace graphc {

namespace {

using Position = TrieEntries::const_iterator;

/// The entries below a node: those that begin with the node's `depth` bytes.
struct Range {
  Position begin, end;
  size_t depth;
};

TrieNode makeNode(uint8_t byte) { return {0, kNone, 0, byte, 0}; }

uint8_t byteAt(Position entry, size_t depth) { return static_cast<uint8_t>(entry->first[depth]); }

} // namespace

std::vector<TrieNode> buildTrie(const TrieEntries &entries) {
  std::vector<TrieNode> nodes;
  std::vector<Range> ranges; // Of each node.
  if (!entries.empty()) {
    nodes.push_back(makeNode(0));
    ranges.push_back({entries.begin(), entries.end(), 0});
  }
  // Nodes are taken in the order in which they were added: breadth first.
  for (size_t i = 0; i < nodes.size(); ++i) {
    auto [entry, end, depth] = ranges[i];
    // The entries are sorted, so the one that ends here comes first.
    if (entry->first.size() == depth) {
      nodes[i].token = depth == 0 ? kNone : entry->second;
      ++entry;
    }
    nodes[i].firstChild = static_cast<uint32_t>(nodes.size());
    while (entry != end) {
      Position begin = entry;
      uint8_t byte = byteAt(entry, depth);
      while (entry != end && byteAt(entry, depth) == byte)
        ++entry;
      nodes.push_back(makeNode(byte));
      ranges.push_back({begin, entry, depth + 1});
      ++nodes[i].childCount;
    }
  }
  return nodes;
}

} // namespace graphc
