// Arithmetic on sizes that come from files. Every product and sum of such numbers goes through
// here; the result is empty when it does not fit.
#ifndef GRAPHC_RUNTIME_BASE_CHECKEDMATH_H
#define GRAPHC_RUNTIME_BASE_CHECKEDMATH_H

#include <cstdint>
#include <optional>
#include <span>

namespace graphc {

inline std::optional<uint64_t> checkedAdd(uint64_t a, uint64_t b) {
  uint64_t result = 0;
  if (__builtin_add_overflow(a, b, &result))
    return std::nullopt;
  return result;
}

inline std::optional<uint64_t> checkedMul(uint64_t a, uint64_t b) {
  uint64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result))
    return std::nullopt;
  return result;
}

/// Product of all extents; 1 for none.
inline std::optional<uint64_t> checkedProduct(std::span<const uint64_t> extents) {
  uint64_t result = 1;
  for (uint64_t extent : extents) {
    if (__builtin_mul_overflow(result, extent, &result))
      return std::nullopt;
  }
  return result;
}

constexpr int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t roundUp(int64_t a, int64_t multiple) { return ceilDiv(a, multiple) * multiple; }

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_CHECKEDMATH_H
