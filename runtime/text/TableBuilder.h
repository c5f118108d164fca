// Lays a tokenizer out as the tables that plans carry.
#ifndef GRAPHC_RUNTIME_TEXT_TABLEBUILDER_H
#define GRAPHC_RUNTIME_TEXT_TABLEBUILDER_H

#include "runtime/base/Status.h"
#include "runtime/text/TokenizerSpec.h"

#include <cstddef>
#include <vector>

namespace graphc {

/// The blob of TokenizerFormat.h for a tokenizer; the same spec gives the same bytes. The spec must
/// be consistent, as its readers make it: ids of merges, added tokens and templates exist, and the
/// text of a merge's result is that of its halves put together. Tables that Tokenizer::open would
/// refuse are an error here too.
///
/// Merges that make a special token are left out, so that no text can become one.
Expected<std::vector<std::byte>> buildTokenizerTables(const TokenizerSpec &spec);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_TABLEBUILDER_H
