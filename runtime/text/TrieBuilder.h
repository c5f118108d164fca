// Builds the byte tries in which added tokens are sought.
#ifndef GRAPHC_RUNTIME_TEXT_TRIEBUILDER_H
#define GRAPHC_RUNTIME_TEXT_TRIEBUILDER_H

#include "runtime/text/TokenizerFormat.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace graphc {

/// Contents of added tokens with their index into the AddedTokens section, in order of content.
using TrieEntries = std::map<std::string, uint32_t>;

/// Nodes in breadth-first order, root first; no nodes for no entries. An empty content is no entry.
std::vector<TrieNode> buildTrie(const TrieEntries &entries);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_TRIEBUILDER_H
