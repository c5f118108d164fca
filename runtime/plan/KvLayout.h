// Where an element of the KV cache is. Kernels write and read pages in this layout; nobody else
// needs to, except tests and tools that look inside.
//
// A page holds 64 tokens of one layer: first the keys of all heads, then the values.
//
//   K [heads][Dp / kp][64][kp]      K[h][d / kp][token][d % kp]
//   V [heads][64 / kp][Dp][kp]      V[h][token / kp][d][token % kp]
//
// Dp is head_dim rounded up to 16, kp how many elements one dot product instruction joins: 1 for
// f32, 2 for bf16 and for int8, whose numbers become bf16 or f32 in registers. A row of K then
// feeds Q*K^T with the tokens side by side in a register, and a row of V feeds P*V with the
// channels side by side. Padding stays zero: pages are handed out cleared, and kernels write only
// d < head_dim.
//
// In int8, a number is scale * q with a scale of f16 for the D numbers of a head and a token. The
// 64 scales stand behind the keys (and behind the values) of their head:
//
//   K [heads] { [Dp / 2][64][2] i8, [64] f16 },  V [heads] { [32][Dp][2] i8, [64] f16 }
#ifndef GRAPHC_RUNTIME_PLAN_KVLAYOUT_H
#define GRAPHC_RUNTIME_PLAN_KVLAYOUT_H

#include "runtime/base/CheckedMath.h"
#include "runtime/base/ElementType.h"
#include "runtime/plan/KernelAbi.h"

namespace graphc {

/// The cache of one layer.
struct KvLayout {
  int64_t heads = 0;   ///< KV heads, not query heads.
  int64_t headDim = 0; ///< D.
  ElementType elementType = ElementType::F32;

  bool operator==(const KvLayout &) const = default;

  /// Dp: D rounded up to 16.
  constexpr int64_t paddedDim() const { return roundUp(headDim, 16); }

  /// kp: elements that stand side by side for one dot product instruction.
  constexpr int64_t interleave() const { return elementType == ElementType::F32 ? 1 : 2; }

  /// Whether elements are integers that share a scale.
  constexpr bool hasScales() const { return elementType == ElementType::I8; }

  /// Elements of the keys (and of the values) of one head in a page.
  constexpr int64_t headElements() const { return kPageTokens * paddedDim(); }

  /// From the keys of a head to those of the next, in elements: with the scales.
  constexpr int64_t headStride() const {
    return headElements() + (hasScales() ? kPageTokens * kScaleBytes / byteSize(elementType) : 0);
  }

  /// Elements of a page, scales included: keys and values of all heads.
  constexpr int64_t pageElements() const { return 2 * heads * headStride(); }
  constexpr int64_t pageBytes() const { return pageElements() * byteSize(elementType); }

  /// Byte offset in a page of element `d` of the key of `token` (0..63).
  constexpr int64_t keyOffset(int64_t head, int64_t token, int64_t d) const {
    int64_t kp = interleave();
    int64_t element = head * headStride() + ((d / kp) * kPageTokens + token) * kp + d % kp;
    return element * byteSize(elementType);
  }

  /// Byte offset in a page of element `d` of the value of `token` (0..63).
  constexpr int64_t valueOffset(int64_t head, int64_t token, int64_t d) const {
    int64_t kp = interleave();
    int64_t element =
        (heads + head) * headStride() + ((token / kp) * paddedDim() + d) * kp + token % kp;
    return element * byteSize(elementType);
  }

  /// Byte offset in a page of the scale of a key or of a value; only if there are scales.
  constexpr int64_t keyScaleOffset(int64_t head, int64_t token) const {
    return (head * headStride() + headElements()) * byteSize(elementType) + token * kScaleBytes;
  }
  constexpr int64_t valueScaleOffset(int64_t head, int64_t token) const {
    return keyScaleOffset(heads + head, token);
  }

  /// Of an f16 number.
  static constexpr int64_t kScaleBytes = 2;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_KVLAYOUT_H
