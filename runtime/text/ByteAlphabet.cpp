#include "runtime/text/ByteAlphabet.h"

#include "runtime/text/Unicode.h"

#include <array>
#include <charconv>

namespace graphc {

namespace {

constexpr unsigned kFirstStandIn = 0x100;
constexpr unsigned kStandIns = 68;

constexpr bool printsAsItself(unsigned byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

/// The bytes that stand-in characters mean, in order.
constexpr std::array<uint8_t, kStandIns> standIns() {
  std::array<uint8_t, kStandIns> result = {};
  size_t count = 0;
  for (unsigned byte = 0; byte < 256; ++byte)
    if (!printsAsItself(byte))
      result[count++] = static_cast<uint8_t>(byte);
  return result;
}

constexpr std::array<uint8_t, kStandIns> kStandInBytes = standIns();

} // namespace

char32_t byteAlphabetChar(uint8_t byte) {
  if (printsAsItself(byte))
    return byte;
  for (unsigned i = 0;; ++i)
    if (kStandInBytes[i] == byte)
      return kFirstStandIn + i;
}

std::optional<std::string> bytesOfPiece(std::string_view piece) {
  std::string bytes;
  for (size_t position = 0; position < piece.size();) {
    DecodedChar c = decodeChar(piece, position);
    if (c.value < kFirstStandIn && printsAsItself(c.value))
      bytes += static_cast<char>(c.value);
    else if (c.value >= kFirstStandIn && c.value < kFirstStandIn + kStandIns)
      bytes += static_cast<char>(kStandInBytes[c.value - kFirstStandIn]);
    else
      return std::nullopt;
    position += c.length;
  }
  return bytes;
}

std::optional<uint8_t> byteOfPiece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>')
    return std::nullopt;
  uint8_t value = 0;
  auto [end, error] = std::from_chars(piece.data() + 3, piece.data() + 5, value, 16);
  if (error != std::errc() || end != piece.data() + 5)
    return std::nullopt;
  return value;
}

} // namespace graphc
