// How the pre-tokenizers that GGUF files name split texts.
#ifndef GRAPHC_FRONTEND_GGUF_GGUFPRETOKENIZERS_H
#define GRAPHC_FRONTEND_GGUF_GGUFPRETOKENIZERS_H

#include <array>
#include <string>
#include <string_view>

namespace graphc {

/// What a name stands for.
struct GgufPreTokenizer {
  /// Expressions, each applied to what the one before it leaves; null behind the last.
  std::array<const char *, 4> patterns;
  bool ignoreMerges = false; ///< A word that is a piece is that piece.
  bool addsBos = false;      ///< Unless the file says otherwise.
  bool composes = false;     ///< Texts are brought into normalization form C.
};

/// The pre-tokenizer of `tokenizer.ggml.pre`; null for an unknown name.
const GgufPreTokenizer *findGgufPreTokenizer(std::string_view name);

/// All names, for messages.
std::string ggufPreTokenizerNames();

} // namespace graphc

#endif // GRAPHC_FRONTEND_GGUF_GGUFPRETOKENIZERS_H
