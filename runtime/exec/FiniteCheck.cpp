#include "runtime/exec/FiniteCheck.h"

#include <cstring>

namespace graphc {

bool FiniteCheck::isNumberFinite(ElementType type, const std::byte *at) const {
  uint32_t bits = 0; // as f32: NaN and infinity have all bits of the exponent
  if (type == ElementType::F32) {
    std::memcpy(&bits, at, sizeof(bits));
  } else if (type == ElementType::BF16 || type == ElementType::F16) {
    uint16_t half = 0;
    std::memcpy(&half, at, sizeof(half));
    bits = std::bit_cast<uint32_t>(type == ElementType::BF16 ? fromBf16(half) : fromF16(half));
  }
  constexpr uint32_t kExponent = 0x7f800000, kMinusInfinity = 0xff800000;
  return (bits & kExponent) != kExponent || (plan.usesColumns && bits == kMinusInfinity);
}

bool FiniteCheck::areScalesFinite(const PlanResult &result, const std::byte *row) const {
  for (int64_t i = 0; i < result.scaleCount; ++i) {
    const int64_t at = result.scalesByte + i * byteSize(ElementType::F32);
    if (!isNumberFinite(ElementType::F32, row + at))
      return false;
  }
  return true;
}

bool FiniteCheck::isFinite(const PlanResult &result, const std::byte *data, size_t dim,
                           int64_t index) const {
  const bool lastDim = dim + 1 == result.shape.size();
  if (lastDim && result.type == ElementType::I8 && result.shape[dim].dim == PlanDim::One) {
    return areScalesFinite(result, data + index * result.shape[dim].extent);
  }
  if (dim == result.shape.size())
    return isNumberFinite(result.type, data + index * byteSize(result.type));
  const PlanExtent &extent = result.shape[dim];
  bool fixed = extent.dim == PlanDim::One;
  int64_t room = fixed ? extent.extent : plan.boundOf(extent.dim);
  int64_t used = fixed ? extent.extent : step.extent(extent.dim);
  for (int64_t i = 0; i < used; ++i) {
    if (!isFinite(result, data, dim + 1, index * room + i))
      return false;
  }
  return true;
}

bool FiniteCheck::isCacheFinite(size_t layer) const {
  const KvLayout &layout = cache.layout(layer);
  auto tokenIsFinite = [&](const std::byte *page, int64_t token) {
    for (int64_t head = 0; head < layout.heads; ++head) {
      if (layout.hasScales()) { // That of numbers that are not finite is none either.
        if (!isNumberFinite(ElementType::F16, page + layout.keyScaleOffset(head, token)) ||
            !isNumberFinite(ElementType::F16, page + layout.valueScaleOffset(head, token)))
          return false;
        continue;
      }
      for (int64_t d = 0; d < layout.headDim; ++d) {
        if (!isNumberFinite(layout.elementType, page + layout.keyOffset(head, token, d)) ||
            !isNumberFinite(layout.elementType, page + layout.valueOffset(head, token, d)))
          return false;
      }
    }
    return true;
  };
  for (int64_t b = 0; b < step.sequences(); ++b) {
    for (int64_t position = 0; position < step.length(b); ++position) {
      const std::byte *page =
          cache.layerBase(layer) + step.page(b, position / kPageTokens) * layout.pageBytes();
      if (!tokenIsFinite(page, position % kPageTokens))
        return false;
    }
  }
  return true;
}

} // namespace graphc
