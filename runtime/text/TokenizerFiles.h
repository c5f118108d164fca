// Finds a model's tokenizer among its files. Compile time only.
#ifndef GRAPHC_RUNTIME_TEXT_TOKENIZERFILES_H
#define GRAPHC_RUNTIME_TEXT_TOKENIZERFILES_H

#include "runtime/base/Status.h"

#include <cstddef>
#include <string>
#include <vector>

namespace graphc {

/// The tables of a model folder's tokenizer, or of a tokenizer's file given itself, with what the
/// files beside it say. tokenizer.json goes before tokenizer.model. No bytes for a folder without
/// tokenizer files; Unsupported for one that has only other kinds (vocab.json, tokenizer.tiktoken).
Expected<std::vector<std::byte>> compileTokenizer(const std::string &path);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_TOKENIZERFILES_H
