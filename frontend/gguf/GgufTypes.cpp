#include "frontend/gguf/GgufTypes.h"

#include "frontend/gguf/BlockDecoders.h"

#include <algorithm>

namespace graphc {

using namespace gguf;

static constexpr QuantFormat kI4 = {.bits = 4};
static constexpr QuantFormat kI5 = {.bits = 5};
static constexpr QuantFormat kI6 = {.bits = 6};
static constexpr QuantFormat kI8 = {.bits = 8};
static constexpr QuantFormat kNonlinear = {.bits = 4, .isNonlinear = true};
static constexpr QuantFormat kU4 = {.bits = 4, .hasMinimum = true};
static constexpr QuantFormat kU5 = {.bits = 5, .hasMinimum = true};

static constexpr QuantFormat inSupers(QuantFormat format, int64_t group) {
  format.group = group;
  format.superGroup = 256;
  return format;
}

/// Types that are known but not read have a name and a size, for messages and checks.
static constexpr GgufType kTypes[] = {
    {0, "F32", 1, 4, ElementType::F32},
    {1, "F16", 1, 2, ElementType::F16},
    {2, "Q4_0", 32, 18, {}, kI4, decodeQ4_0},
    {3, "Q4_1", 32, 20, {}, kU4, decodeQ4_1},
    {6, "Q5_0", 32, 22, {}, kI5, decodeQ5_0},
    {7, "Q5_1", 32, 24, {}, kU5, decodeQ5_1},
    {8, "Q8_0", 32, 34, {}, kI8, decodeQ8_0},
    {9, "Q8_1", 32, 36},
    {10, "Q2_K", 256, 84, {}, inSupers(kU4, 16), decodeQ2_K},
    {11, "Q3_K", 256, 110, {}, inSupers(kI4, 16), decodeQ3_K},
    {12, "Q4_K", 256, 144, {}, inSupers(kU4, 32), decodeQ4_K},
    {13, "Q5_K", 256, 176, {}, inSupers(kU5, 32), decodeQ5_K},
    {14, "Q6_K", 256, 210, {}, inSupers(kI6, 16), decodeQ6_K},
    {15, "Q8_K", 256, 292},
    {16, "IQ2_XXS", 256, 66},
    {17, "IQ2_XS", 256, 74},
    {18, "IQ3_XXS", 256, 98},
    {19, "IQ1_S", 256, 50},
    {20, "IQ4_NL", 32, 18, {}, kNonlinear, decodeIQ4_NL},
    {21, "IQ3_S", 256, 110},
    {22, "IQ2_S", 256, 82},
    {23, "IQ4_XS", 256, 136, {}, inSupers(kNonlinear, 32), decodeIQ4_XS},
    {24, "I8", 1, 1},
    {25, "I16", 1, 2},
    {26, "I32", 1, 4},
    {27, "I64", 1, 8},
    {28, "F64", 1, 8},
    {29, "IQ1_M", 256, 56},
    {30, "BF16", 1, 2, ElementType::BF16},
    {34, "TQ1_0", 256, 54},
    {35, "TQ2_0", 256, 66},
    {39, "MXFP4", 32, 17},
};

const GgufType *findGgufType(uint32_t id) {
  auto found = std::ranges::find(kTypes, id, &GgufType::id);
  return found == std::end(kTypes) ? nullptr : found;
}

void decodeBlocks(const GgufType &type, const std::byte *blocks, int64_t row, QuantMatrix &matrix) {
  const QuantFormat &format = matrix.format;
  for (int64_t block = 0; block < matrix.blocks(); ++block) {
    const int64_t at = row * matrix.blocks() + block;
    const int64_t group = at * format.blockGroups();
    auto partOf = [](auto &numbers, int64_t index) {
      return numbers.empty() ? nullptr : numbers.data() + index;
    };
    type.decode(blocks + block * type.blockBytes,
                {partOf(matrix.integers, at * format.blockColumns()), partOf(matrix.scales, at),
                 partOf(matrix.minimums, at), partOf(matrix.factors, group),
                 partOf(matrix.minimumFactors, group)});
  }
}

} // namespace graphc
