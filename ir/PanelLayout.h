// PanelLayout: where each number of a packed weight is. No MLIR here.
//
// A matrix of N output channels (rows) and K inputs (columns) is stored in panels of 32 channels,
// one contiguous stream per panel:
//
//   [panel][K / kp][32 channels][kp]        kp = 1 (f32, f16), 2 (bf16)
//
// N is padded with zero rows to a multiple of 32, K with zero columns to a multiple of kp.
//
// With G > 0 groups the rows are G groups of 2*h (N = G * 2h), each a first and a second half (gate
// and up of a gated network, G = 1; the halves that rope turns into each other, G = heads). Each
// half is padded with zero rows to a multiple of 16 and blocks of 16 rows alternate: first, second,
// first, second... One panel then holds 16 channels of a first half and the 16 that belong to them.
//
// A vector (a bias) has the same row order; it is padded to 32 * panels numbers.
#ifndef GRAPHC_IR_PANELLAYOUT_H
#define GRAPHC_IR_PANELLAYOUT_H

#include "runtime/base/CheckedMath.h"
#include "runtime/base/ElementType.h"

#include <cstdint>

namespace graphc {

/// Output channels of a panel.
inline constexpr int64_t kPanelRows = 32;
/// Rows of a half that stay together when halves are interleaved.
inline constexpr int64_t kHalfBlockRows = kPanelRows / 2;

/// Numbers along K that stand side by side: what one lane of a dot-product instruction takes. f16
/// has none: a vector of channels becomes one of f32 in a single conversion.
constexpr int64_t panelInterleave(ElementType type) { return type == ElementType::BF16 ? 2 : 1; }

struct PanelLayout {
  int64_t rows = 0;    ///< N, a multiple of 2 * groups if there are groups
  int64_t columns = 0; ///< K; 1 for a vector
  int64_t groups = 0;  ///< G, or 0 for rows in their own order
  int64_t interleave = 1;

  /// h: rows of one half of a group.
  int64_t halfRows() const { return groups > 0 ? rows / groups / 2 : 0; }
  /// Padded rows of one half of a group.
  int64_t paddedHalfRows() const { return roundUp(halfRows(), kHalfBlockRows); }
  int64_t panels() const {
    return groups > 0 ? groups * paddedHalfRows() / kHalfBlockRows : ceilDiv(rows, kPanelRows);
  }
  int64_t paddedColumns() const { return roundUp(columns, interleave); }
  /// Numbers of one panel.
  int64_t panelSize() const { return kPanelRows * paddedColumns(); }

  /// Channel of the packed weight (panel * 32 + row in the panel) that row `row` of the matrix is.
  int64_t channel(int64_t row) const {
    if (groups == 0)
      return row;
    const int64_t half = halfRows();
    const int64_t group = row / (2 * half);
    const int64_t isSecond = row / half % 2;
    const int64_t inHalf = row % half;
    const int64_t pair = group * paddedHalfRows() / kHalfBlockRows + inHalf / kHalfBlockRows;
    return pair * kPanelRows + isSecond * kHalfBlockRows + inHalf % kHalfBlockRows;
  }

  /// Index among the packed numbers of the matrix' number at (row, column).
  int64_t offset(int64_t row, int64_t column) const {
    const int64_t at = channel(row);
    return at / kPanelRows * panelSize() + column / interleave * kPanelRows * interleave +
           at % kPanelRows * interleave + column % interleave;
  }
};

} // namespace graphc

#endif // GRAPHC_IR_PANELLAYOUT_H
