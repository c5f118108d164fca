// What the implementations of WeightSource share: checking a range of rows, and converting stored
// elements to f32.
#ifndef GRAPHC_FRONTEND_WEIGHTS_ROWS_H
#define GRAPHC_FRONTEND_WEIGHTS_ROWS_H

#include "ir/WeightSource.h"

#include <cstddef>

namespace graphc {

/// The contract of WeightSource::readRows: `info` is null for an unknown tensor, `size` is that of
/// the caller's buffer. An Internal failure names the tensor.
Status checkRowRange(std::string_view name, const TensorInfo *info, int64_t rowBegin,
                     int64_t rowEnd, size_t size);

/// Converts `count` elements of type F32, F16 or BF16 to f32, exactly. `in` need not be aligned.
Status convertToF32(ElementType type, const std::byte *in, int64_t count, float *out);

} // namespace graphc

#endif // GRAPHC_FRONTEND_WEIGHTS_ROWS_H
