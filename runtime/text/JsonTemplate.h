// Reads the post-processor of tokenizer.json: the ids around an encoded text.
#ifndef GRAPHC_RUNTIME_TEXT_JSONTEMPLATE_H
#define GRAPHC_RUNTIME_TEXT_JSONTEMPLATE_H

#include "runtime/base/Json.h"
#include "runtime/base/Status.h"
#include "runtime/text/TokenizerSpec.h"

#include <string>

namespace graphc {

/// Takes the value of "post_processor", or null for none. Templates for pairs of texts and types of
/// segments are left out: language models read one text. BadInput for templates without exactly one
/// place for the text, Unsupported for other kinds of post-processors.
Status readPostProcessor(const Json *value, const std::string &place, TokenizerSpec &spec);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_JSONTEMPLATE_H
