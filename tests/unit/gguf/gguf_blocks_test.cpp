// Blocks of each quantized type: some taken apart by hand, many against the formulas as llama.cpp's
// dequantize_row functions have them, bit by bit.
#include "gguf/GgufBytes.h"

#include <bit>
#include <random>

using namespace graphc;
using namespace graphc::test;

using Bytes = std::vector<uint8_t>;

/// The numbers of one block.
static std::vector<float> numbersOf(const GgufType &type, const Bytes &block) {
  QuantMatrix row(type.format, 1, type.blockNumbers);
  decodeBlocks(type, reinterpret_cast<const std::byte *>(block.data()), 0, row);
  std::vector<float> result(static_cast<size_t>(type.blockNumbers));
  row.read(0, result);
  return result;
}

static const GgufType &typeNamed(std::string_view name) {
  for (uint32_t id = 0; id < 64; ++id)
    if (const GgufType *type = findGgufType(id); type && type->name == name)
      return *type;
  ADD_FAILURE() << name;
  return *findGgufType(0);
}

//===----------------------------------------------------------------------===//
// By hand
//===----------------------------------------------------------------------===//

namespace {
struct HandMade {
  const char *type;
  std::vector<std::pair<size_t, uint8_t>> bytes; ///< All others are 0.
  std::vector<std::pair<size_t, float>> numbers;
};

/// The upper bytes of the f16 numbers 0.5 and 1; the lower ones are 0.
constexpr uint8_t kHalf = 0x38, kOne = 0x3c;

const HandMade kHandMade[] = {
    {"Q4_0", {{1, kHalf}, {2, 0xf3}}, {{0, -2.5f}, {16, 3.5f}, {1, -4}}},
    {"Q4_1", {{1, kHalf}, {3, kOne}, {4, 0xf3}}, {{0, 2.5f}, {16, 8.5f}, {1, 1}}},
    {"Q5_0", {{1, kHalf}, {2, 1}, {4, 1}, {6, 0xf3}}, {{0, 1.5f}, {16, 7.5f}, {1, -8}}},
    {"Q5_1", {{1, kHalf}, {3, kOne}, {4, 1}, {8, 0xf3}}, {{0, 10.5f}, {16, 8.5f}, {1, 1}}},
    {"Q8_0", {{1, kHalf}, {2, 0x81}, {33, 0x7f}}, {{0, -63.5f}, {31, 63.5f}, {1, 0}}},
    // 0.5 * 3 * 2 - 1 * 2; 0.5 * 1 * 3 - 1 * 1
    {"Q2_K",
     {{81, kHalf}, {83, kOne}, {1, 0x23}, {32, 0x02}, {10, 0x11}, {48, 0x0c}},
     {{16, 1}, {17, -2}, {160, 0.5f}, {0, 0}}},
    // 0.5 * (37 - 32) * 3, the same * -4; 0.5 * (23 - 32) * (1 - 4)
    {"Q3_K",
     {{109, kHalf}, {96, 5}, {104, 2}, {0, 1}, {32, 3}, {101, 0x70}, {105, 0x40}, {80, 0x10}},
     {{0, 7.5f}, {1, -10}, {208, 13.5f}}},
    // 0.5 * 3 * 5 - 1 * 2; 0.5 * 1 * 10; 0.5 * 17 * 6 - 1 * 34
    {"Q4_K",
     {{1, kHalf},
      {3, kOne},
      {4, 3},
      {8, 2},
      {16, 0xa5},
      {5, 0x41},
      {9, 0x80},
      {13, 0x21},
      {80, 0x60}},
     {{0, 5.5f}, {1, -2}, {32, 5}, {160, 17}}},
    // 0.5 * 3 * (5 + 16) - 1 * 2; 0.5 * 1 * 10
    {"Q5_K",
     {{1, kHalf}, {3, kOne}, {4, 3}, {8, 2}, {5, 1}, {16, 1}, {48, 0xa5}},
     {{0, 29.5f}, {1, -2}, {32, 5}}},
    // 0.5 * 3 * (1 + 16 - 32); 0.5 * -2 * (5 + 48 - 32)
    {"Q6_K",
     {{209, kHalf}, {192, 3}, {198, 0xfe}, {0, 0x21}, {32, 0x50}, {128, 0xc1}},
     {{0, -22.5f}, {1, -48}, {96, -21}}},
    {"IQ4_NL", {{1, kHalf}, {2, 0xf0}}, {{0, -63.5f}, {16, 56.5f}}},
    // 0.5 * (33 - 32) * 113; the same * 1
    {"IQ4_XS", {{1, kHalf}, {2, 0x80}, {5, 0x10}, {56, 0x8f}}, {{96, 56.5f}, {112, 0.5f}}},
};
} // namespace

TEST(GgufBlocks, HandMade) {
  for (const HandMade &made : kHandMade) {
    const GgufType &type = typeNamed(made.type);
    Bytes block(static_cast<size_t>(type.blockBytes));
    for (auto [at, byte] : made.bytes)
      block[at] = byte;
    const std::vector<float> numbers = numbersOf(type, block);
    for (auto [at, number] : made.numbers)
      EXPECT_EQ(numbers[at], number) << made.type << " " << at;
  }
}

//===----------------------------------------------------------------------===//
// Against the formulas
//===----------------------------------------------------------------------===//

namespace {

float halfAt(const uint8_t *bytes) { return fromF16(uint16_t(bytes[0] | bytes[1] << 8)); }

constexpr int kIq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

/// q4_0 to q5_1: `number` of the integer of 4 or 5 bits; `fifth` is where fifth bits are, or 0.
template <typename Number>
void dequantize32(const uint8_t *x, size_t fifth, size_t nibbles, float *y, Number number) {
  for (int j = 0; j < 16; ++j) {
    int q0 = x[nibbles + j] & 0xf, q1 = x[nibbles + j] >> 4;
    if (fifth) {
      uint32_t qh;
      memcpy(&qh, x + fifth, 4);
      q0 |= ((qh >> j) << 4) & 0x10;
      q1 |= (qh >> (j + 12)) & 0x10;
    }
    y[j] = number(q0);
    y[j + 16] = number(q1);
  }
}

void q4_0(const uint8_t *x, float *y) {
  dequantize32(x, 0, 2, y, [&](int q) { return float(q - 8) * halfAt(x); });
}
void q4_1(const uint8_t *x, float *y) {
  dequantize32(x, 0, 4, y, [&](int q) { return float(q) * halfAt(x) + halfAt(x + 2); });
}
void q5_0(const uint8_t *x, float *y) {
  dequantize32(x, 2, 6, y, [&](int q) { return float(q - 16) * halfAt(x); });
}
void q5_1(const uint8_t *x, float *y) {
  dequantize32(x, 4, 8, y, [&](int q) { return float(q) * halfAt(x) + halfAt(x + 2); });
}
void q8_0(const uint8_t *x, float *y) {
  for (int j = 0; j < 32; ++j)
    y[j] = float(int8_t(x[2 + j])) * halfAt(x);
}
void iq4_nl(const uint8_t *x, float *y) {
  dequantize32(x, 0, 2, y, [&](int q) { return halfAt(x) * float(kIq4[q]); });
}

void q2_K(const uint8_t *x, float *y) {
  const uint8_t *scales = x, *q = x + 16;
  const float d = halfAt(x + 80), min = halfAt(x + 82);
  for (int n = 0; n < 256; n += 128, q += 32)
    for (int shift = 0; shift < 8; shift += 2)
      for (int part = 0; part < 32; part += 16) {
        const uint8_t sc = *scales++;
        const float dl = d * float(sc & 0xf), ml = min * float(sc >> 4);
        for (int l = 0; l < 16; ++l)
          *y++ = dl * float((q[part + l] >> shift) & 3) - ml;
      }
}

void q3_K(const uint8_t *x, float *y) {
  const uint8_t *hm = x, *q = x + 32;
  const float d = halfAt(x + 108);
  uint32_t aux[4];
  memcpy(aux, x + 96, 12);
  const uint32_t low2 = 0x03030303, low4 = 0x0f0f0f0f, tmp = aux[2];
  aux[2] = ((aux[0] >> 4) & low4) | (((tmp >> 4) & low2) << 4);
  aux[3] = ((aux[1] >> 4) & low4) | (((tmp >> 6) & low2) << 4);
  aux[0] = (aux[0] & low4) | (((tmp >> 0) & low2) << 4);
  aux[1] = (aux[1] & low4) | (((tmp >> 2) & low2) << 4);
  int8_t scales[16];
  memcpy(scales, aux, 16);
  int is = 0, m = 1;
  for (int n = 0; n < 256; n += 128, q += 32)
    for (int shift = 0; shift < 8; shift += 2, m <<= 1)
      for (int part = 0; part < 32; part += 16) {
        const float dl = d * float(scales[is++] - 32);
        for (int l = part; l < part + 16; ++l)
          *y++ = dl * float(((q[l] >> shift) & 3) - ((hm[l] & m) ? 0 : 4));
      }
}

/// The 6-bit scale and minimum of group j of Q4_K and Q5_K.
std::pair<float, float> scaleAndMin(int j, const uint8_t *q) {
  if (j < 4)
    return {float(q[j] & 63), float(q[j + 4] & 63)};
  return {float((q[j + 4] & 0xf) | ((q[j - 4] >> 6) << 4)),
          float((q[j + 4] >> 4) | ((q[j] >> 6) << 4))};
}

/// `fifths`: null for Q4_K.
void q45_K(const uint8_t *x, const uint8_t *fifths, const uint8_t *q, float *y) {
  const float d = halfAt(x), min = halfAt(x + 2);
  for (int is = 0; is < 8; ++is) {
    const auto [sc, m] = scaleAndMin(is, x + 4);
    const float dl = d * sc, ml = min * m;
    for (int l = 0; l < 32; ++l) {
      const int nibble = is % 2 ? q[l] >> 4 : q[l] & 0xf;
      const int fifth = fifths && (fifths[l] & (1 << is)) ? 16 : 0;
      *y++ = dl * float(nibble + fifth) - ml;
    }
    q += is % 2 ? 32 : 0;
  }
}
void q4_K(const uint8_t *x, float *y) { q45_K(x, nullptr, x + 16, y); }
void q5_K(const uint8_t *x, float *y) { q45_K(x, x + 16, x + 48, y); }

void q6_K(const uint8_t *x, float *y) {
  const uint8_t *ql = x, *qh = x + 128;
  const auto *sc = reinterpret_cast<const int8_t *>(x + 192);
  const float d = halfAt(x + 208);
  for (int n = 0; n < 256; n += 128, y += 128, ql += 64, qh += 32, sc += 8)
    for (int l = 0; l < 32; ++l) {
      const int is = l / 16;
      y[l] = d * sc[is] * float(((ql[l] & 0xf) | (((qh[l] >> 0) & 3) << 4)) - 32);
      y[l + 32] = d * sc[is + 2] * float(((ql[l + 32] & 0xf) | (((qh[l] >> 2) & 3) << 4)) - 32);
      y[l + 64] = d * sc[is + 4] * float(((ql[l] >> 4) | (((qh[l] >> 4) & 3) << 4)) - 32);
      y[l + 96] = d * sc[is + 6] * float(((ql[l + 32] >> 4) | (((qh[l] >> 6) & 3) << 4)) - 32);
    }
}

void iq4_xs(const uint8_t *x, float *y) {
  const int scalesHigh = x[2] | x[3] << 8;
  for (int ib = 0; ib < 8; ++ib) {
    const int ls = ((x[4 + ib / 2] >> 4 * (ib % 2)) & 0xf) | (((scalesHigh >> 2 * ib) & 3) << 4);
    const float dl = halfAt(x) * float(ls - 32);
    for (int j = 0; j < 16; ++j) {
      y[32 * ib + j] = dl * float(kIq4[x[8 + 16 * ib + j] & 0xf]);
      y[32 * ib + j + 16] = dl * float(kIq4[x[8 + 16 * ib + j] >> 4]);
    }
  }
}

struct Formula {
  const char *type;
  void (*dequantize)(const uint8_t *block, float *numbers);
  std::vector<size_t> halves; ///< Where a block has f16 numbers.
};

const Formula kFormulas[] = {
    {"Q4_0", q4_0, {0}},    {"Q4_1", q4_1, {0, 2}},  {"Q5_0", q5_0, {0}},
    {"Q5_1", q5_1, {0, 2}}, {"Q8_0", q8_0, {0}},     {"Q2_K", q2_K, {80, 82}},
    {"Q3_K", q3_K, {108}},  {"Q4_K", q4_K, {0, 2}},  {"Q5_K", q5_K, {0, 2}},
    {"Q6_K", q6_K, {208}},  {"IQ4_NL", iq4_nl, {0}}, {"IQ4_XS", iq4_xs, {0}},
};

} // namespace

TEST(GgufBlocks, AreBitExact) {
  std::mt19937 random(1);
  for (const Formula &formula : kFormulas) {
    const GgufType &type = typeNamed(formula.type);
    for (int round = 0; round < 1000; ++round) {
      Bytes block(static_cast<size_t>(type.blockBytes));
      for (uint8_t &byte : block)
        byte = static_cast<uint8_t>(random());
      for (size_t at : formula.halves) // Finite, some of them subnormal.
        block[at + 1] &= round % 2 ? 0xbf : 0x83;
      std::vector<float> expected(static_cast<size_t>(type.blockNumbers));
      formula.dequantize(block.data(), expected.data());
      const std::vector<float> found = numbersOf(type, block);
      for (size_t k = 0; k < found.size(); ++k)
        ASSERT_EQ(std::bit_cast<uint32_t>(found[k]), std::bit_cast<uint32_t>(expected[k]))
            << formula.type << " " << k << ": " << found[k] << ", " << expected[k];
    }
  }
}

TEST(GgufBlocks, EveryDecoderIsTested) {
  size_t decoders = 0;
  for (uint32_t id = 0; id < 64; ++id)
    if (const GgufType *type = findGgufType(id))
      decoders += type->decode != nullptr;
  EXPECT_EQ(decoders, std::size(kFormulas));
  EXPECT_EQ(decoders, std::size(kHandMade));
}

TEST(GgufBlocks, FillRowsOfAMatrix) {
  const GgufType &type = typeNamed("Q8_0");
  QuantMatrix matrix(type.format, 2, 64);
  Bytes blocks(2 * 34);
  blocks[1] = kHalf;
  blocks[2] = 2;
  blocks[34 + 1] = kOne;
  blocks[34 + 2] = 3;
  decodeBlocks(type, reinterpret_cast<const std::byte *>(blocks.data()), 1, matrix);
  EXPECT_EQ(matrix.number(0, 0), 0);
  EXPECT_EQ(matrix.number(1, 0), 1);
  EXPECT_EQ(matrix.number(1, 32), 3);
}
