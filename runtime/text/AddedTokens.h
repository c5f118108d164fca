// Finds added tokens (such as <|user|>) in a text, before it is split into words.
#ifndef GRAPHC_RUNTIME_TEXT_ADDEDTOKENS_H
#define GRAPHC_RUNTIME_TEXT_ADDEDTOKENS_H

#include "runtime/text/TokenizerFormat.h"

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace graphc {

/// Longest content of an added token, in bytes: it bounds the work per byte of text.
inline constexpr size_t kMaxAddedToken = 1024;

/// Cuts texts at added tokens: of those that begin leftmost, the longest. Flags of the token decide
/// whether it may stand inside a word and whether it takes the whitespace around it.
class AddedTokenSplitter {
public:
  /// With `special` false, tokens that are special are ordinary text.
  AddedTokenSplitter(std::span<const TrieNode> trie, std::span<const AddedToken> tokens,
                     bool special);

  /// Calls `onText` for what stands between tokens (never empty) and `onToken` with the id of each
  /// token, in order.
  void split(std::string_view text, const std::function<void(std::string_view)> &onText,
             const std::function<void(uint32_t)> &onToken) const;

private:
  struct Match {
    const AddedToken *token;
    size_t length;
  };

  std::optional<Match> longestAt(std::string_view text, size_t position) const;
  const TrieNode *child(const TrieNode &node, uint8_t byte) const;

  std::span<const TrieNode> trie;
  std::span<const AddedToken> tokens;
  bool special;
  std::array<bool, 256> mayStart = {}; ///< Bytes that a token begins with.
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_ADDEDTOKENS_H
