// The tokenizer that a GGUF file's metadata holds.
#ifndef GRAPHC_FRONTEND_GGUF_GGUFTOKENIZER_H
#define GRAPHC_FRONTEND_GGUF_GGUFTOKENIZER_H

#include "frontend/gguf/GgufValue.h"
#include "runtime/text/TokenizerSpec.h"

#include <cstddef>
#include <vector>

namespace graphc {

/// The tokenizer of `tokenizer.ggml.*`; nothing for a file without one. Models "llama"
/// (SentencePiece BPE, Gemma's included) and "gpt2" (byte-level BPE with the pre-tokenizer that
/// `tokenizer.ggml.pre` names) are known. `path` is the file's name for messages. BadInput for
/// lists that do not fit together and ids that do not exist, Unsupported for other models and
/// pre-tokenizers, by name.
Expected<std::optional<TokenizerSpec>> readGgufTokenizer(const GgufMetadata &metadata,
                                                         const std::string &path);

/// The same as tables (TableBuilder.h); no bytes for a file without a tokenizer.
Expected<std::vector<std::byte>> compileGgufTokenizer(const GgufMetadata &metadata,
                                                      const std::string &path);

} // namespace graphc

#endif // GRAPHC_FRONTEND_GGUF_GGUFTOKENIZER_H
