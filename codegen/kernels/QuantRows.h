// Rounds rows to integers in groups, as they come (see ir/QuantFormat.h for where they go).
//
//   scale = max |x| / 127,  q = round(x / scale),  sum = -offset * sum of q
#ifndef GRAPHC_CODEGEN_KERNELS_QUANTROWS_H
#define GRAPHC_CODEGEN_KERNELS_QUANTROWS_H

#include "codegen/kernels/VectorMath.h"

namespace graphc {

class QuantRows {
public:
  /// Rows of `width` numbers, `group` of which share a scale, for weights to which `offset` is
  /// added.
  QuantRows(mlir::ImplicitLocOpBuilder &builder, VectorMath &math, int64_t width, int64_t group,
            int64_t offset)
      : b(builder), math(math), width(width), group(group), offset(offset) {}

  /// Stores one group: vectors of f32 that begin at column `k` of the row whose bytes begin at
  /// `start` of `rows`.
  void store(llvm::ArrayRef<mlir::Value> numbers, mlir::Value rows, mlir::Value start,
             mlir::Value k);

private:
  mlir::Value scaleOf(llvm::ArrayRef<mlir::Value> numbers);
  mlir::Value inverseOf(mlir::Value scale);
  mlir::Value rounded(mlir::Value numbers, mlir::Value inverse);
  void storeWord(mlir::Value word, mlir::Value rows, mlir::Value start, mlir::Value k,
                 int64_t part);

  mlir::ImplicitLocOpBuilder &b;
  VectorMath &math;
  int64_t width;
  int64_t group;
  int64_t offset;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_QUANTROWS_H
