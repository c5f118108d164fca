// The Unicode normalization forms, in linear time for any input.
#ifndef GRAPHC_RUNTIME_TEXT_UNICODEFORMS_H
#define GRAPHC_RUNTIME_TEXT_UNICODEFORMS_H

#include <string>
#include <string_view>

namespace graphc {

enum class UnicodeForm { Nfc, Nfd, Nfkc, Nfkd };

/// Appends `text` in a normalization form. Bytes that are not UTF-8 are copied and separate what
/// stands before them from what follows. Parts that are in the form already are copied unseen where
/// that is cheap to know (ASCII, characters that neither decompose nor combine).
///
/// utf8proc's own functions sort combining marks in quadratic time; this one takes n log n over a
/// run of marks, so a long line of them is no way to stop a server.
void appendNormalized(std::string &out, std::string_view text, UnicodeForm form);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_UNICODEFORMS_H
