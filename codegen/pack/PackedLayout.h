// Writing the layout that ir/PanelLayout.h defines, a panel at a time: which rows of the source a
// panel holds, and how they become its bytes.
#ifndef GRAPHC_CODEGEN_PACK_PACKEDLAYOUT_H
#define GRAPHC_CODEGEN_PACK_PACKEDLAYOUT_H

#include "ir/PanelLayout.h"
#include "ir/QuantFormat.h"
#include "runtime/base/ElementType.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace graphc {

/// `count` rows of the source from `row` on, that stand at `channel` of a panel.
struct PanelPart {
  int64_t channel = 0;
  int64_t row = 0;
  int64_t count = 0;
};

/// How a weight is quantized.
struct Quantization {
  QuantFormat format;
  bool search = true; ///< For the best scales (see graphc.quantize).
  bool keep = false;  ///< Take integers and scales as they are.
};

/// A PanelLayout with the type that its numbers are stored in.
struct PackedLayout : PanelLayout {
  ElementType type = ElementType::F32;
  /// Blocks of integers with scales instead of numbers of `type`; `interleave` is then the group.
  std::optional<Quantization> quant = {};

  int64_t panelBytes() const {
    if (quant)
      return paddedColumns() / interleave * quant->format.blockBytes(kPanelRows);
    return panelSize() * byteSize(type);
  }
  int64_t bytes() const { return panels() * panelBytes(); }

  /// The two halves of a panel; rows beyond the source have count 0.
  std::array<PanelPart, 2> parts(int64_t panel) const;
};

/// Converts (or quantizes) and interleaves the 32 rows of a panel: `rows` is f32 [32][columns],
/// `out` has panelBytes() bytes.
void packPanel(const PackedLayout &layout, std::span<const float> rows, std::span<std::byte> out);

/// Converts values to `type`, rounding to nearest even.
void convertValues(std::span<const float> values, ElementType type, std::span<std::byte> out);

} // namespace graphc

#endif // GRAPHC_CODEGEN_PACK_PACKEDLAYOUT_H
