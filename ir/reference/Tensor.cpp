#include "ir/reference/Tensor.h"

#include "runtime/base/ElementType.h"

#include "mlir/IR/BuiltinTypes.h"

#include <bit>
#include <cmath>

namespace graphc {

int64_t elementCount(std::span<const int64_t> shape) {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

/// f32 of an exact value, rounded to odd: what a second rounding to a narrower type needs, so that
/// it gives the same as one rounding.
static float roundToOdd(double value) {
  float rounded = static_cast<float>(value);
  if (static_cast<double>(rounded) == value || std::isnan(rounded))
    return rounded;
  if (std::fabs(static_cast<double>(rounded)) > std::fabs(value))
    rounded = std::nextafter(rounded, 0.0f);
  return std::bit_cast<float>(std::bit_cast<uint32_t>(rounded) | 1);
}

float roundTo(mlir::Type elementType, double value) {
  if (elementType.isBF16())
    return fromBf16(toBf16(roundToOdd(value)));
  if (elementType.isF16())
    return fromF16(toF16(roundToOdd(value)));
  return static_cast<float>(value);
}

void roundTo(mlir::Type elementType, std::span<float> values) {
  if (elementType.isBF16()) {
    for (float &value : values)
      value = fromBf16(toBf16(value));
  } else if (elementType.isF16()) {
    for (float &value : values)
      value = fromF16(toF16(value));
  }
}

Shape stridesOf(std::span<const int64_t> shape) {
  Shape strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * shape[i];
  return strides;
}

} // namespace graphc
