// tokenizer.model files of a few pieces.
#ifndef GRAPHC_TESTS_UNIT_TEXT_SMALLSENTENCEPIECE_H
#define GRAPHC_TESTS_UNIT_TEXT_SMALLSENTENCEPIECE_H

#include "runtime/text/SentencePiece.h"

#include <cstring>
#include <initializer_list>
#include <string>

namespace graphc::test {

// Protobuf, as far as it is needed.

inline std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7)
    out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}
inline std::string number(uint32_t field, uint64_t value) {
  return varint(field << 3) + varint(value);
}
inline std::string bytes(uint32_t field, const std::string &value) {
  return varint(field << 3 | 2) + varint(value.size()) + value;
}
inline std::string piece(const std::string &text, float score, PieceType type = PieceType::Normal) {
  std::string score32(sizeof(score), '\0');
  std::memcpy(score32.data(), &score, sizeof(score));
  return bytes(1, bytes(1, text) + varint(2 << 3 | 5) + score32 +
                      number(3, static_cast<uint64_t>(type)));
}

/// <unk>, <s>, </s>, then these pieces with falling scores.
inline std::string pieces(std::initializer_list<const char *> texts) {
  std::string out = piece("<unk>", 0, PieceType::Unknown) + piece("<s>", 0, PieceType::Control) +
                    piece("</s>", 0, PieceType::Control);
  float score = -1;
  for (const char *text : texts)
    out += piece(text, score--);
  return out;
}

inline constexpr uint32_t kUnigram = 1, kBpe = 2;
inline std::string trainer(uint32_t type, bool byteFallback = false) {
  return bytes(2, number(3, type) + number(35, byteFallback));
}
inline std::string normalizer(bool dummyPrefix, bool removeBlanks, const std::string &map = "") {
  return bytes(3, (map.empty() ? "" : bytes(2, map)) + number(3, dummyPrefix) +
                      number(4, removeBlanks));
}

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_TEXT_SMALLSENTENCEPIECE_H
