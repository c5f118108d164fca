// The layout of a packed matrix: panels of 32 output channels, as graphc.pack defines it.
//
//   out[p][k / kp][c][k % kp],  p < P, c < 32
//
// Channel c of panel p is a row of the source, or zeros. Without groups it is row 32 p + c. With
// `groups` = G the source has G groups of 2 h rows, a first and a second half (gate and up; the two
// halves of a rotary head); each half is padded to a multiple of 16 rows, and a panel holds 16 rows
// of the first half and the 16 rows that belong to them in the second. A vector (one column, kp =
// 1) packs the same way.
#ifndef GRAPHC_CODEGEN_PACK_PANELLAYOUT_H
#define GRAPHC_CODEGEN_PACK_PANELLAYOUT_H

#include "runtime/base/ElementType.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graphc {

constexpr int64_t kPanelChannels = 32;

/// `count` rows of the source from `row` on, that stand at `channel` of a panel.
struct PanelPart {
  int64_t channel = 0;
  int64_t row = 0;
  int64_t count = 0;
};

struct PanelLayout {
  int64_t rows = 0;    ///< N of the source.
  int64_t columns = 0; ///< K of the source.
  int64_t groups = 0;
  int64_t interleave = 1; ///< kp
  ElementType type = ElementType::F32;

  int64_t panels() const;
  /// K rounded up to kp.
  int64_t paddedColumns() const;
  int64_t panelBytes() const { return kPanelChannels * paddedColumns() * byteSize(type); }
  int64_t bytes() const { return panels() * panelBytes(); }

  /// The two halves of a panel; rows beyond the source have count 0.
  std::array<PanelPart, 2> parts(int64_t panel) const;
};

/// Converts and interleaves the 32 rows of a panel: `rows` is f32 [32][columns], `out` has
/// panelBytes() bytes.
void packPanel(const PanelLayout &layout, std::span<const float> rows, std::span<std::byte> out);

/// Converts values to `type`, rounding to nearest even.
void convertValues(std::span<const float> values, ElementType type, std::span<std::byte> out);

} // namespace graphc

#endif // GRAPHC_CODEGEN_PACK_PANELLAYOUT_H
