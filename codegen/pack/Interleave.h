// Turns the rows of a panel round: the inner loop of every packing.
#ifndef GRAPHC_CODEGEN_PACK_INTERLEAVE_H
#define GRAPHC_CODEGEN_PACK_INTERLEAVE_H

#include <cstddef>
#include <cstdint>

namespace graphc {

/// Unit k of row c becomes unit k * 32 + c of `out`, for 32 rows c and `units` units k of 4 bytes:
/// a float, or what one lane of a dot-product instruction takes. Row c starts c * `rowBytes` bytes
/// after `in`.
void interleaveUnits(const std::byte *in, int64_t rowBytes, int64_t units, std::byte *out);

} // namespace graphc

#endif // GRAPHC_CODEGEN_PACK_INTERLEAVE_H
