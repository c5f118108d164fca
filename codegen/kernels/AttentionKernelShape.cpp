#include "codegen/kernels/AttentionKernelShape.h"

using namespace mlir;

namespace graphc {

/// Rows of a task that are enough to make up for reading the context once more.
static constexpr int64_t kRowsPerTask = 64;

AttentionShape::AttentionShape(FlashAttentionOp op, const Target &target)
    : layout(kvLayoutOf(op.getCache().getType())), heads(op.getQuery().getType().getDimSize(0)),
      group(heads / layout.heads), cacheType(op.getCache().getType().getElementType()),
      scale(op.getScale().convertToFloat()), lanes(target.lanes()) {
  Type queryType = op.getQuery().getType().getElementType();
  isBf16 = queryType.isBF16() && !cacheType.isF32();
  leftType = isBf16 && target.prefersBf16Dot() ? queryType : Float32Type::get(op.getContext());
  if (op.getSoftCap())
    cap = op.getSoftCap()->convertToFloat();
  window = op.getWindow();
  blockTokens = std::max<int64_t>(kRowsPerTask / group, 1);
  blockRows = blockTokens * group;
  // Sums, the vectors of a step, widened ones and a broadcast row fit the registers.
  bool hasManyRegisters = target.vectorRegisters() >= 32;
  sumVectors = hasManyRegisters ? 16 : 8;
  mostProductRows = hasManyRegisters ? 8 : 4;
  // More rows share what is done once per page, and find keys and values in the first level.
  for (int64_t rows = lanes; rows >= 1; rows /= 2)
    tileRows.push_back(rows);
}

} // namespace graphc
