// The element types that graphc stores and computes with, outside MLIR.
#ifndef GRAPHC_RUNTIME_BASE_ELEMENTTYPE_H
#define GRAPHC_RUNTIME_BASE_ELEMENTTYPE_H

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

namespace graphc {

enum class ElementType : uint8_t { F32, F16, BF16, I32, I8 };

constexpr int64_t byteSize(ElementType type) {
  switch (type) {
  case ElementType::F32:
  case ElementType::I32:
    return 4;
  case ElementType::F16:
  case ElementType::BF16:
    return 2;
  case ElementType::I8:
    return 1;
  }
  return 0;
}

/// "f32", "f16", "bf16", "i32", "i8".
std::string_view elementTypeName(ElementType type);
std::optional<ElementType> parseElementType(std::string_view name);

/// bf16 of a float, rounded to nearest even; NaN stays NaN.
inline uint16_t toBf16(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return static_cast<uint16_t>((bits >> 16) | 0x40);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1)) >> 16);
}

inline float fromBf16(uint16_t value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value) << 16);
}

/// Exact value of an IEEE binary16 number.
float fromF16(uint16_t value);
/// binary16 of a float, rounded to nearest even.
uint16_t toF16(float value);

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_ELEMENTTYPE_H
