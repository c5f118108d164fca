#include "codegen/pack/Interleave.h"

#include "ir/PanelLayout.h"
#include "runtime/base/VectorClones.h"

#include <cstring>
#include <utility>

namespace graphc {

/// Side of the squares that are transposed in registers.
static constexpr int64_t kSide = 16;
static constexpr int64_t kUnit = 4; ///< Bytes.
using Row = uint32_t __attribute__((ext_vector_type(kSide)));

/// Swaps the elements of b at the positions without bit `distance` with those of a at the positions
/// with it.
template <int distance, int... positions>
[[gnu::always_inline]] static inline void swapBlocks(Row &a, Row &b,
                                                     std::integer_sequence<int, positions...>) {
  Row low = __builtin_shufflevector(
      a, b, (positions & distance ? positions - distance + int(kSide) : positions)...);
  Row high = __builtin_shufflevector(
      a, b, (positions & distance ? positions + int(kSide) : positions + distance)...);
  a = low;
  b = high;
}

/// Swaps the off-diagonal blocks of `distance` rows and columns in each square of twice that side.
template <int distance>
[[gnu::always_inline]] static inline void swapOffDiagonals(Row *rows) {
#pragma clang loop unroll(full)
  for (int i = 0; i < kSide; ++i) {
    if (!(i & distance))
      swapBlocks<distance>(rows[i], rows[i + distance], std::make_integer_sequence<int, kSide>());
  }
}

/// interleaveUnits of 16 units of 16 rows.
[[gnu::always_inline]] static inline void transposeSquare(const std::byte *in, int64_t rowBytes,
                                                          std::byte *out) {
  Row rows[kSide];
#pragma clang loop unroll(full)
  for (int c = 0; c < kSide; ++c)
    std::memcpy(&rows[c], in + c * rowBytes, sizeof(Row));
  swapOffDiagonals<8>(rows);
  swapOffDiagonals<4>(rows);
  swapOffDiagonals<2>(rows);
  swapOffDiagonals<1>(rows);
#pragma clang loop unroll(full)
  for (int k = 0; k < kSide; ++k)
    std::memcpy(out + k * kPanelRows * kUnit, &rows[k], sizeof(Row));
}

GRAPHC_VECTOR_CLONES
void interleaveUnits(const std::byte *in, int64_t rowBytes, int64_t units, std::byte *out) {
  static_assert(kPanelRows == 2 * kSide);
  int64_t k = 0;
  for (; k + kSide <= units; k += kSide) {
    std::byte *to = out + k * kPanelRows * kUnit;
    transposeSquare(in + k * kUnit, rowBytes, to);
    transposeSquare(in + kSide * rowBytes + k * kUnit, rowBytes, to + kSide * kUnit);
  }
  for (; k < units; ++k) {
    for (int64_t c = 0; c < kPanelRows; ++c)
      std::memcpy(out + (k * kPanelRows + c) * kUnit, in + c * rowBytes + k * kUnit, kUnit);
  }
}

} // namespace graphc
