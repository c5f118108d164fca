// Normalizer steps that go character by character.
#ifndef GRAPHC_RUNTIME_TEXT_CHARACTERRULES_H
#define GRAPHC_RUNTIME_TEXT_CHARACTERRULES_H

#include "runtime/text/Charsmap.h"
#include "runtime/text/TokenizerFormat.h"

#include <string>
#include <string_view>

namespace graphc {

// Each appends what it makes of `text`. Bytes that are not UTF-8 are copied, unless stated
// otherwise. Linear in the text.

/// Small letters, without looking at what is around.
void appendLowercase(std::string &out, std::string_view text);

/// Without marks, or without nonspacing ones only. Letters that have one in them stay: decompose
/// before.
void appendWithoutMarks(std::string &out, std::string_view text, bool nonspacingOnly);

/// Control characters removed, other separators as blanks. The rules are those of BERT's tokenizer
/// (where bytes that are not UTF-8 vanish) or of SentencePiece's NMT normalization.
void appendClean(std::string &out, std::string_view text, CleanRules rules);

/// A blank on either side of each Chinese character.
void appendSpacedIdeographs(std::string &out, std::string_view text);

/// Without blanks at the ends, runs of blanks as one.
void appendCollapsedBlanks(std::string &out, std::string_view text);

/// Mapped by a SentencePiece map. By graphemes, a grapheme of less than six bytes that begins with
/// a key becomes what the shortest such key does, others go character by character; that is what
/// the tokenizers library does.
void appendMapped(std::string &out, std::string_view text, const Charsmap &map, CharsmapUnit unit);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_CHARACTERRULES_H
