#include "frontend/weights/Rows.h"

#include "runtime/base/VectorClones.h"

#include <bit>
#include <cstring>

namespace graphc {

Status checkRowRange(std::string_view name, const TensorInfo *info, int64_t rowBegin,
                     int64_t rowEnd, size_t size) {
  std::string place = "tensor '" + std::string(name) + "': ";
  if (!info)
    return internalError(place + "read, but not in the checkpoint");
  if (rowBegin < 0 || rowBegin > rowEnd || rowEnd > info->rows())
    return internalError(place + "rows " + std::to_string(rowBegin) + " to " +
                         std::to_string(rowEnd) + " wanted of " + std::to_string(info->rows()));
  if (static_cast<int64_t>(size) != (rowEnd - rowBegin) * info->columns())
    return internalError(place + "a buffer of " + std::to_string(size) + " values for " +
                         std::to_string(rowEnd - rowBegin) + " rows of " +
                         std::to_string(info->columns()));
  return {};
}

/// An element that may stand at any address.
static uint16_t load16(const std::byte *in, int64_t index) {
  uint16_t value;
  std::memcpy(&value, in + 2 * index, sizeof(value));
  return value;
}

GRAPHC_VECTOR_CLONES
static void convertBf16(const std::byte *in, int64_t count, float *__restrict out) {
  for (int64_t i = 0; i < count; ++i)
    out[i] = fromBf16(load16(in, i));
}

GRAPHC_VECTOR_CLONES
static void convertF16(const std::byte *in, int64_t count, float *__restrict out) {
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<float>(std::bit_cast<_Float16>(load16(in, i)));
}

Status convertToF32(ElementType type, const std::byte *in, int64_t count, float *out) {
  if (count == 0)
    return {}; // `out` may be null.
  switch (type) {
  case ElementType::F32:
    std::memcpy(out, in, static_cast<size_t>(count) * sizeof(float));
    return {};
  case ElementType::F16:
    convertF16(in, count, out);
    return {};
  case ElementType::BF16:
    convertBf16(in, count, out);
    return {};
  case ElementType::I32:
  case ElementType::I8:
    break;
  }
  return internalError("elements of type " + std::string(elementTypeName(type)) +
                       " read as weights");
}

} // namespace graphc
