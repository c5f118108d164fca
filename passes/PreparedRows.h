// The shape of rows that a matmul kernel reads. No MLIR here.
#ifndef GRAPHC_PASSES_PREPAREDROWS_H
#define GRAPHC_PASSES_PREPAREDROWS_H

#include "ir/QuantFormat.h"

#include <cstdint>

namespace graphc {

/// Elements to which prepared rows are padded with zeros: a register of any type and target reads
/// whole.
inline constexpr int64_t kPreparedRowMultiple = 32;

/// Row strides that are multiples of this many bytes put the same column of all rows of a tile into
/// few sets of the first-level cache.
inline constexpr int64_t kAliasingStrideBytes = 1024;

/// Elements of a prepared row of `columns` numbers of `elementBytes` bytes: rounded up to a
/// multiple of 32, and 32 more where the stride would alias.
constexpr int64_t preparedWidth(int64_t columns, int64_t elementBytes) {
  int64_t width = roundUp(columns, kPreparedRowMultiple);
  if (width * elementBytes % kAliasingStrideBytes == 0)
    width += kPreparedRowMultiple;
  return width;
}

/// The same for rows that are quantized as they come: a multiple of their groups, and a group more
/// where the stride would alias.
constexpr int64_t preparedWidth(int64_t columns, const QuantRowFormat &rows) {
  const int64_t width = roundUp(columns, rows.group);
  return rows.rowBytes(width) % kAliasingStrideBytes == 0 ? width + rows.group : width;
}

} // namespace graphc

#endif // GRAPHC_PASSES_PREPAREDROWS_H
