// The element types of GGUF tensors: how many bytes a block of numbers takes, and how it is read.
//
// Every quantized type but those that look numbers up in large tables is one of the forms of
// QuantFormat, without any loss: a block is taken apart into integers, scales and minimums, and the
// numbers that these stand for are those of the format's own formula, bit by bit.
//
// Layouts and formulas: ggml/src/ggml-common.h and ggml-quants.c of llama.cpp.
#ifndef GRAPHC_FRONTEND_GGUF_GGUFTYPES_H
#define GRAPHC_FRONTEND_GGUF_GGUFTYPES_H

#include "ir/QuantMatrix.h"
#include "runtime/base/ElementType.h"

#include <optional>
#include <string_view>

namespace graphc {

/// Where the parts of one block of a QuantMatrix go; those that its format lacks are null.
struct BlockParts {
  int8_t *integers;
  uint16_t *scale;   ///< Bits of f16.
  uint16_t *minimum; ///< Bits of f16.
  int8_t *factors;
  int8_t *minimumFactors;
};

struct GgufType {
  uint32_t id;
  std::string_view name;
  int64_t blockNumbers;
  int64_t blockBytes;
  /// Of plain numbers that can be read.
  std::optional<ElementType> plain = {};
  /// Of blocks that can be read: one is one block of `format`.
  QuantFormat format = {};
  void (*decode)(const std::byte *block, const BlockParts &parts) = nullptr;

  bool isReadable() const { return plain || decode; }
};

/// Null for an id that no type has (or had).
const GgufType *findGgufType(uint32_t id);

/// Takes blocks apart into row `row` of a matrix of the type's format, whose columns they fill.
void decodeBlocks(const GgufType &type, const std::byte *blocks, int64_t row, QuantMatrix &matrix);

} // namespace graphc

#endif // GRAPHC_FRONTEND_GGUF_GGUFTYPES_H
