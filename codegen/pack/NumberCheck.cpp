#include "codegen/pack/NumberCheck.h"

#include "runtime/base/Assert.h"

#include <cstring>

namespace graphc {

/// Of words whose exponent has all bits of `exponent`.
template <typename Word>
static int64_t countWords(std::span<const std::byte> bytes, Word exponent) {
  int64_t count = 0;
  for (size_t at = 0; at + sizeof(Word) <= bytes.size(); at += sizeof(Word)) {
    Word word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    count += (word & exponent) == exponent ? 1 : 0;
  }
  return count;
}

static int64_t countNumbers(ElementType type, std::span<const std::byte> bytes) {
  switch (type) {
  case ElementType::F32:
    return countWords<uint32_t>(bytes, 0x7f800000);
  case ElementType::F16:
    return countWords<uint16_t>(bytes, 0x7c00);
  case ElementType::BF16:
    return countWords<uint16_t>(bytes, 0x7f80);
  default:
    return 0; // Integers are.
  }
}

int64_t countNotFinite(const PackedLayout &layout, bool packed, std::span<const std::byte> bytes) {
  if (!packed || !layout.quant)
    return countNumbers(layout.type, bytes);
  const QuantFormat &format = layout.quant->format;
  const auto block = static_cast<size_t>(format.blockBytes(kPanelRows));
  const auto head = static_cast<size_t>(format.headBytes(kPanelRows));
  GRAPHC_ASSERT(bytes.size() % block == 0, "whole panels");
  int64_t count = 0;
  for (size_t at = 0; at < bytes.size(); at += block)
    count += countNumbers(ElementType::F16, bytes.subspan(at, head));
  return count;
}

} // namespace graphc
