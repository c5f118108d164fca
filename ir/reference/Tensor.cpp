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

/// Replaces each group of a row by its integers times their scale; `quantize` makes both.
template <typename Quantize>
static void roundGroups(std::span<float> row, int64_t group, Quantize quantize) {
  std::vector<int8_t> integers(static_cast<size_t>(group));
  for (size_t begin = 0; begin < row.size(); begin += integers.size()) {
    const std::span<float> part = row.subspan(begin, std::min(integers.size(), row.size() - begin));
    const float scale = quantize(part, std::span(integers).first(part.size()));
    for (size_t i = 0; i < part.size(); ++i)
      part[i] = scale * static_cast<float>(integers[i]);
  }
}

void roundRow(mlir::Type elementType, std::span<float> row) {
  auto quant = mlir::dyn_cast<QuantType>(elementType);
  if (!quant)
    return roundTo(elementType, row);
  roundGroups(row, quant.getRowFormat().group, quantizeRowGroup);
}

void quantizeRow(QuantType type, bool search, std::span<float> row) {
  const QuantFormat format = type.getFormat();
  roundGroups(row, format.group, [&](std::span<float> values, std::span<int8_t> out) {
    return quantizeGroup(format, search, values, out);
  });
}

Shape stridesOf(std::span<const int64_t> shape) {
  Shape strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * shape[i];
  return strides;
}

} // namespace graphc
