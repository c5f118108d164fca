// How vocabularies write bytes: the alphabet of byte-level BPE, which is GPT-2's one-to-one map
// from the 256 bytes to printable characters, and the pieces of byte fallback.
#ifndef GRAPHC_RUNTIME_TEXT_BYTEALPHABET_H
#define GRAPHC_RUNTIME_TEXT_BYTEALPHABET_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace graphc {

/// The character that stands for a byte: the byte's own Latin-1 character if that prints and is not
/// a blank, else one of U+0100 to U+0143 in order of the bytes.
char32_t byteAlphabetChar(uint8_t byte);

/// The bytes that a piece of a byte-level vocabulary stands for; none if it has a character outside
/// the alphabet.
std::optional<std::string> bytesOfPiece(std::string_view piece);

/// The byte that a piece <0xNN> of a vocabulary with byte fallback stands for; none for others.
std::optional<uint8_t> byteOfPiece(std::string_view piece);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_BYTEALPHABET_H
