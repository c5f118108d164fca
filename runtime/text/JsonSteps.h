// Reads the normalizer, pre-tokenizer and decoder of tokenizer.json into steps.
#ifndef GRAPHC_RUNTIME_TEXT_JSONSTEPS_H
#define GRAPHC_RUNTIME_TEXT_JSONSTEPS_H

#include "runtime/base/Json.h"
#include "runtime/base/Status.h"
#include "runtime/text/TokenizerSpec.h"

#include <string>

namespace graphc {

// Each takes the value of its key, or null for none; sequences are flattened. BadInput for members
// of the wrong type; Unsupported, with the supported names, for kinds and expressions that graphc
// does not know: encoding would silently differ.

Status readNormalizer(const Json *value, const std::string &place, TokenizerSpec &spec);

/// Also decides whether the model is byte-level.
Status readPreTokenizer(const Json *value, const std::string &place, TokenizerSpec &spec);

/// After readPreTokenizer: a byte-level model needs a byte-level decoder.
Status readDecoder(const Json *value, const std::string &place, TokenizerSpec &spec);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_JSONSTEPS_H
