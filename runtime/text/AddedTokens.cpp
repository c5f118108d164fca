#include "runtime/text/AddedTokens.h"

#include "runtime/text/Unicode.h"

#include <algorithm>

namespace graphc {

namespace {

/// Is a match next to a letter, digit or the like on either side?
bool standsInWord(std::string_view text, size_t begin, size_t end) {
  bool before = begin > 0 && isWordChar(decodeChar(text, previousChar(text, begin)).value);
  bool after = end < text.size() && isWordChar(decodeChar(text, end).value);
  return before || after;
}

/// End of the whitespace that begins at `position`.
size_t skipWhitespace(std::string_view text, size_t position) {
  while (position < text.size()) {
    DecodedChar c = decodeChar(text, position);
    if (!isWhitespace(c.value))
      break;
    position += c.length;
  }
  return position;
}

/// Start of the whitespace before `position`, not further back than `limit`.
size_t whitespaceBefore(std::string_view text, size_t position, size_t limit) {
  while (position > limit) {
    size_t start = previousChar(text, position);
    if (start < limit || !isWhitespace(decodeChar(text, start).value))
      break;
    position = start;
  }
  return position;
}

} // namespace

AddedTokenSplitter::AddedTokenSplitter(std::span<const TrieNode> trie,
                                       std::span<const AddedToken> tokens, bool special)
    : trie(trie), tokens(tokens), special(special) {
  if (!trie.empty())
    for (const TrieNode &node : trie.subspan(trie[0].firstChild, trie[0].childCount))
      mayStart[node.byte] = true;
}

const TrieNode *AddedTokenSplitter::child(const TrieNode &node, uint8_t byte) const {
  std::span<const TrieNode> children = trie.subspan(node.firstChild, node.childCount);
  auto found = std::lower_bound(
      children.begin(), children.end(), byte,
      [](const TrieNode &candidate, uint8_t wanted) { return candidate.byte < wanted; });
  return found != children.end() && found->byte == byte ? &*found : nullptr;
}

std::optional<AddedTokenSplitter::Match> AddedTokenSplitter::longestAt(std::string_view text,
                                                                       size_t position) const {
  std::optional<Match> longest;
  const TrieNode *node = &trie[0];
  for (size_t i = position; i < text.size(); ++i) {
    node = child(*node, static_cast<uint8_t>(text[i]));
    if (!node)
      break;
    if (node->token == kNone)
      continue;
    const AddedToken &token = tokens[node->token];
    if (special || !(token.flags & kAddedSpecial))
      longest = Match{&token, i + 1 - position};
  }
  return longest;
}

void AddedTokenSplitter::split(std::string_view text,
                               const std::function<void(std::string_view)> &onText,
                               const std::function<void(uint32_t)> &onToken) const {
  size_t textStart = 0; // Of what no token has taken yet.
  size_t position = 0;
  while (!trie.empty() && position < text.size()) {
    bool candidate = mayStart[static_cast<uint8_t>(text[position])];
    std::optional<Match> match = candidate ? longestAt(text, position) : std::nullopt;
    if (!match) {
      ++position;
      continue;
    }
    size_t begin = position;
    position += match->length;
    uint32_t flags = match->token->flags;
    // A match that is refused is text as a whole: nothing is sought inside it.
    if ((flags & kAddedSingleWord) && standsInWord(text, begin, position))
      continue;
    if (flags & kAddedLeftStrip)
      begin = whitespaceBefore(text, begin, textStart);
    if (flags & kAddedRightStrip)
      position = skipWhitespace(text, position);
    if (textStart < begin)
      onText(text.substr(textStart, begin - textStart));
    onToken(match->token->id);
    textStart = position;
  }
  if (textStart < text.size())
    onText(text.substr(textStart));
}

} // namespace graphc
