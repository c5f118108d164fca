// QuantMatrix: rows of a weight whose numbers share scales, part by part: what a file of quantized
// weights holds, before it is laid out in panels and where the reference reads it. No MLIR here.
//
//   number(n, k) = scale * q                          one level:  scale   = scales[block]
//   number(n, k) = fma(q, scale, minimum)                         minimum = minimums[block]
//                                                     two levels: each times the group's factor
//
// in f32. Nonlinear integers stand as their places in kNonlinear4. A block is what
// QuantFormat::blockColumns() says; the last one of a row may have fewer columns, and is then
// filled up with zeros, which meet rows of zeros.
#ifndef GRAPHC_IR_QUANTMATRIX_H
#define GRAPHC_IR_QUANTMATRIX_H

#include "ir/QuantFormat.h"

#include <vector>

namespace graphc {

struct QuantMatrix {
  QuantMatrix(const QuantFormat &format, int64_t rows, int64_t columns);

  int64_t blocks() const { return format.blocks(columns); }
  int64_t groups() const { return blocks() * format.blockGroups(); }
  int64_t paddedColumns() const { return blocks() * format.blockColumns(); }

  /// What the integers of a group stand for.
  struct Scales {
    float scale = 0;
    float minimum = 0;
  };
  Scales scalesOf(int64_t row, int64_t group) const;
  float number(int64_t row, int64_t column) const;
  /// Takes over a row of another matrix with the same form and columns.
  void copyRow(const QuantMatrix &from, int64_t fromRow, int64_t row);
  /// The numbers of a row.
  void read(int64_t row, std::span<float> out) const;

  QuantFormat format;
  int64_t rows;
  int64_t columns;
  std::vector<int8_t> integers;                ///< [rows][paddedColumns()], or places.
  std::vector<uint16_t> scales, minimums;      ///< [rows][blocks()], bits of f16.
  std::vector<int8_t> factors, minimumFactors; ///< [rows][groups()]
};

/// Writes 32 rows as the blocks of a panel: `out` has format.blockBytes(32) bytes for each.
void writePanel(const QuantMatrix &matrix, std::span<std::byte> out);

} // namespace graphc

#endif // GRAPHC_IR_QUANTMATRIX_H
