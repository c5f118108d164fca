#include "runtime/base/ElementType.h"

#include <array>
#include <cmath>

namespace graphc {

static constexpr std::array<std::string_view, 5> kNames = {"f32", "f16", "bf16", "i32", "i8"};

std::string_view elementTypeName(ElementType type) { return kNames[static_cast<size_t>(type)]; }

std::optional<ElementType> parseElementType(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name)
      return static_cast<ElementType>(i);
  }
  return std::nullopt;
}

float fromF16(uint16_t value) {
  // _Float16 is converted by the compiler's own routine (or an instruction): exact in this
  // direction.
  return static_cast<float>(std::bit_cast<_Float16>(value));
}

uint16_t toF16(float value) { return std::bit_cast<uint16_t>(static_cast<_Float16>(value)); }

} // namespace graphc
