// Looks for what no model computes with: numbers that are not finite, in the bytes of a plan.
#ifndef GRAPHC_CODEGEN_PACK_NUMBERCHECK_H
#define GRAPHC_CODEGEN_PACK_NUMBERCHECK_H

#include "codegen/pack/PackedLayout.h"

namespace graphc {

/// Numbers in a piece of a weight that are infinite or NaN, because the source's are or because
/// they are too large for the layout's type; of a quantized weight, its scales and minimums.
/// `bytes`: whole panels, or with `packed` false rows.
int64_t countNotFinite(const PackedLayout &layout, bool packed, std::span<const std::byte> bytes);

} // namespace graphc

#endif // GRAPHC_CODEGEN_PACK_NUMBERCHECK_H
