// Reads a Hugging Face tokenizer (tokenizer.json, tokenizer_config.json). Compile time only: plans
// carry the tables that are made here.
#ifndef GRAPHC_RUNTIME_TEXT_TOKENIZERJSON_H
#define GRAPHC_RUNTIME_TEXT_TOKENIZERJSON_H

#include "runtime/base/Status.h"
#include "runtime/text/TokenizerSpec.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

/// Reads the text of a tokenizer.json; `name` is the file's name for messages. BadInput for damaged
/// files (merges of unknown pieces, duplicate ids, ids with large gaps, ...), Unsupported, with the
/// supported names, for parts that graphc does not know: what encodes differently from the original
/// is never accepted. "truncation" and "padding" are left out: they are habits of training.
Expected<TokenizerSpec> readTokenizerJson(std::string_view text, const std::string &name);

/// Adds what only tokenizer_config.json says: which tokens begin and end a text.
Status readTokenizerConfig(std::string_view text, const std::string &name, TokenizerSpec &spec);

/// The tables of a model folder's tokenizer, or of a tokenizer.json given itself (with the
/// tokenizer_config.json beside it, if any). No bytes for a folder without tokenizer files;
/// Unsupported for one that has only other kinds (tokenizer.model, vocab.json).
Expected<std::vector<std::byte>> compileTokenizer(const std::string &path);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_TOKENIZERJSON_H
