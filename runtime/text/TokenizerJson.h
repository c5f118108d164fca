// Reads a Hugging Face tokenizer (tokenizer.json, tokenizer_config.json). Compile time only: plans
// carry the tables that are made here.
#ifndef GRAPHC_RUNTIME_TEXT_TOKENIZERJSON_H
#define GRAPHC_RUNTIME_TEXT_TOKENIZERJSON_H

#include "runtime/base/Status.h"
#include "runtime/text/JsonFields.h"
#include "runtime/text/TokenizerSpec.h"

#include <string>
#include <string_view>

namespace graphc {

/// Reads the text of a tokenizer.json; `name` is the file's name for messages. BadInput for damaged
/// files (merges of unknown pieces, duplicate ids, ids with large gaps, ...), Unsupported, with the
/// supported names, for parts that graphc does not know: what encodes differently from the original
/// is never accepted. "truncation" and "padding" are left out: they are habits of training.
Expected<TokenizerSpec> readTokenizerJson(std::string_view text, const std::string &name);

/// Adds what only tokenizer_config.json says: which tokens begin and end a text.
Status readTokenizerConfig(std::string_view text, const std::string &name, TokenizerSpec &spec);

/// The flags and content of an added token with a known id, as tokenizer.json and
/// tokenizer_config.json have them.
Expected<AddedTokenSpec> readAddedToken(const JsonFields &fields, uint32_t id);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_TOKENIZERJSON_H
