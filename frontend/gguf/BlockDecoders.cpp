#include "frontend/gguf/BlockDecoders.h"

#include "ir/QuantFormat.h"

#include <cstring>

// Each function says in its comment what a block is; w is a number, q an integer.

namespace graphc::gguf {

namespace {

/// Reads a block from front to back.
class Cursor {
public:
  explicit Cursor(const std::byte *at) : at(reinterpret_cast<const uint8_t *>(at)) {}

  uint16_t half() {
    uint16_t value;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }
  const uint8_t *take(int64_t count) {
    const uint8_t *taken = at;
    at += count;
    return taken;
  }

private:
  const uint8_t *at;
};

constexpr int64_t kHalf = 16; ///< Numbers of half a block of 32.

int8_t low(uint8_t byte) { return static_cast<int8_t>(byte & 15); }
int8_t high(uint8_t byte) { return static_cast<int8_t>(byte >> 4); }

/// 32 numbers of 4 bits: byte j has number j and number j + 16.
void splitNibbles(const uint8_t *bytes, int8_t *out) {
  for (int64_t j = 0; j < kHalf; ++j) {
    out[j] = low(bytes[j]);
    out[j + kHalf] = high(bytes[j]);
  }
}

/// The same with a fifth bit for each, bit j of `fifth`.
void splitFiveBits(const uint8_t *fifthBits, const uint8_t *bytes, int8_t *out) {
  uint32_t fifth;
  std::memcpy(&fifth, fifthBits, sizeof fifth);
  splitNibbles(bytes, out);
  for (int64_t j = 0; j < 2 * kHalf; ++j)
    out[j] = static_cast<int8_t>(out[j] | (fifth >> j & 1) << 4);
}

void subtract(int8_t offset, int64_t count, int8_t *numbers) {
  for (int64_t i = 0; i < count; ++i)
    numbers[i] = static_cast<int8_t>(numbers[i] - offset);
}

/// What is taken away as a minimum is added here: the sign of an f16 turned over.
uint16_t negated(uint16_t half) { return half ^ 0x8000; }

/// The 6-bit factors of 8 groups' scales and minimums, in 12 bytes.
void unpackFactors(const uint8_t *bytes, const BlockParts &parts) {
  for (int64_t i = 0; i < 4; ++i) {
    parts.factors[i] = static_cast<int8_t>(bytes[i] & 63);
    parts.minimumFactors[i] = static_cast<int8_t>(bytes[i + 4] & 63);
    parts.factors[i + 4] = static_cast<int8_t>((bytes[i + 8] & 15) | bytes[i] >> 6 << 4);
    parts.minimumFactors[i + 4] = static_cast<int8_t>(bytes[i + 8] >> 4 | bytes[i + 4] >> 6 << 4);
  }
}

} // namespace

/// d f16, q u4[32]: w = d (q - 8)
void decodeQ4_0(const std::byte *block, const BlockParts &parts) {
  Cursor in(block);
  *parts.scale = in.half();
  splitNibbles(in.take(kHalf), parts.integers);
  subtract(8, 2 * kHalf, parts.integers);
}

/// d f16, m f16, q u4[32]: w = d q + m
void decodeQ4_1(const std::byte *block, const BlockParts &parts) {
  Cursor in(block);
  *parts.scale = in.half();
  *parts.minimum = in.half();
  splitNibbles(in.take(kHalf), parts.integers);
}

/// d f16, fifth bits u32, q u4[32]: w = d (q - 16)
void decodeQ5_0(const std::byte *block, const BlockParts &parts) {
  Cursor in(block);
  *parts.scale = in.half();
  const uint8_t *fifth = in.take(4);
  splitFiveBits(fifth, in.take(kHalf), parts.integers);
  subtract(16, 2 * kHalf, parts.integers);
}

/// d f16, m f16, fifth bits u32, q u4[32]: w = d q + m
void decodeQ5_1(const std::byte *block, const BlockParts &parts) {
  Cursor in(block);
  *parts.scale = in.half();
  *parts.minimum = in.half();
  const uint8_t *fifth = in.take(4);
  splitFiveBits(fifth, in.take(kHalf), parts.integers);
}

/// d f16, q i8[32]: w = d q
void decodeQ8_0(const std::byte *block, const BlockParts &parts) {
  Cursor in(block);
  *parts.scale = in.half();
  std::memcpy(parts.integers, in.take(2 * kHalf), 2 * kHalf);
}

/// (s, m) u4[16] each in a byte, q u2[256], d f16, dm f16: w = d s q - dm m, in groups of 16
void decodeQ2_K(const std::byte *block, const BlockParts &parts) {
  Cursor in(block);
  const uint8_t *scales = in.take(16), *bits = in.take(64);
  *parts.scale = in.half();
  *parts.minimum = negated(in.half());
  for (int64_t group = 0; group < 16; ++group) {
    parts.factors[group] = low(scales[group]);
    parts.minimumFactors[group] = high(scales[group]);
  }
  for (int64_t k = 0; k < 256; ++k)
    parts.integers[k] = static_cast<int8_t>(bits[k / 128 * 32 + k % 32] >> k % 128 / 32 * 2 & 3);
}

/// third bits u1[256], q u2[256], s u6[16] in 12 bytes, d f16: w = d (s - 32) (q - 4 if the third
/// bit is 0), in groups of 16
void decodeQ3_K(const std::byte *block, const BlockParts &parts) {
  Cursor in(block);
  const uint8_t *thirds = in.take(32), *bits = in.take(64), *scales = in.take(12);
  *parts.scale = in.half();
  for (int64_t group = 0; group < 16; ++group) {
    const int64_t four = group < 8 ? low(scales[group]) : high(scales[group - 8]);
    const int64_t two = scales[8 + group % 4] >> group / 4 * 2 & 3;
    parts.factors[group] = static_cast<int8_t>((four | two << 4) - 32);
  }
  for (int64_t k = 0; k < 256; ++k) {
    const int64_t q = bits[k / 128 * 32 + k % 32] >> k % 128 / 32 * 2 & 3;
    const bool third = (thirds[k % 32] >> k / 32 & 1) != 0;
    parts.integers[k] = static_cast<int8_t>(third ? q : q - 4);
  }
}

/// d f16, dm f16, (s, m) u6[8] in 12 bytes, q u4[256]: w = d s q - dm m, in groups of 32
void decodeQ4_K(const std::byte *block, const BlockParts &parts) {
  Cursor in(block);
  *parts.scale = in.half();
  *parts.minimum = negated(in.half());
  unpackFactors(in.take(12), parts);
  const uint8_t *bytes = in.take(128);
  for (int64_t k = 0; k < 256; ++k) {
    const uint8_t byte = bytes[k / 64 * 32 + k % 32];
    parts.integers[k] = k % 64 < 32 ? low(byte) : high(byte);
  }
}

/// d f16, dm f16, (s, m) u6[8] in 12 bytes, fifth bits u1[256], q u4[256]: w = d s q - dm m, in
/// groups of 32
void decodeQ5_K(const std::byte *block, const BlockParts &parts) {
  Cursor in(block);
  *parts.scale = in.half();
  *parts.minimum = negated(in.half());
  unpackFactors(in.take(12), parts);
  const uint8_t *fifths = in.take(32), *bytes = in.take(128);
  for (int64_t k = 0; k < 256; ++k) {
    const uint8_t byte = bytes[k / 64 * 32 + k % 32];
    const int64_t fifth = fifths[k % 32] >> k / 32 & 1;
    parts.integers[k] = static_cast<int8_t>((k % 64 < 32 ? low(byte) : high(byte)) | fifth << 4);
  }
}

/// q u4[256], fifth and sixth bits u2[256], s i8[16], d f16: w = d s (q - 32), in groups of 16
void decodeQ6_K(const std::byte *block, const BlockParts &parts) {
  Cursor in(block);
  const uint8_t *bytes = in.take(128), *uppers = in.take(64);
  std::memcpy(parts.factors, in.take(16), 16);
  *parts.scale = in.half();
  for (int64_t k = 0; k < 256; ++k) {
    const int64_t half = k / 128, inHalf = k % 128;
    const uint8_t byte = bytes[half * 64 + inHalf % 64];
    const int64_t upper = uppers[half * 32 + inHalf % 32] >> inHalf / 32 * 2 & 3;
    parts.integers[k] =
        static_cast<int8_t>(((inHalf < 64 ? low(byte) : high(byte)) | upper << 4) - 32);
  }
}

/// d f16, q u4[32]: w = d table[q]
void decodeIQ4_NL(const std::byte *block, const BlockParts &parts) {
  Cursor in(block);
  *parts.scale = in.half();
  splitNibbles(in.take(kHalf), parts.integers);
}

/// d f16, upper 2 bits of s u2[8], lower 4 bits u4[8], q u4[256]: w = d (s - 32) table[q], in
/// groups of 32
void decodeIQ4_XS(const std::byte *block, const BlockParts &parts) {
  Cursor in(block);
  *parts.scale = in.half();
  const uint16_t uppers = in.half();
  const uint8_t *lowers = in.take(4);
  for (int64_t group = 0; group < 8; ++group) {
    const uint8_t both = lowers[group / 2];
    const int64_t four = group % 2 == 0 ? low(both) : high(both);
    parts.factors[group] = static_cast<int8_t>((four | (uppers >> 2 * group & 3) << 4) - 32);
    splitNibbles(in.take(kHalf), parts.integers + 32 * group);
  }
}

} // namespace graphc::gguf
