// Rounds rows to integers in groups, as they come (see ir/QuantFormat.h for where they go).
//
//   scale = max |x| / 127,  q = round(x / scale),  sums = -offset * sums of q
#ifndef GRAPHC_CODEGEN_KERNELS_QUANTROWS_H
#define GRAPHC_CODEGEN_KERNELS_QUANTROWS_H

#include "codegen/kernels/VectorMath.h"
#include "ir/QuantFormat.h"

namespace graphc {

class QuantRows {
public:
  /// Rows of `width` numbers for weights to which `offset` is added.
  QuantRows(mlir::ImplicitLocOpBuilder &builder, VectorMath &math, int64_t width,
            const QuantRowFormat &format, int64_t offset)
      : b(builder), math(math), width(width), format(format), offset(offset) {}

  /// Stores one group: vectors of f32 that begin at column `k` of the row whose bytes begin at
  /// `start` of `rows`.
  void store(llvm::ArrayRef<mlir::Value> numbers, mlir::Value rows, mlir::Value start,
             mlir::Value k);

private:
  mlir::Value scaleOf(llvm::ArrayRef<mlir::Value> numbers);
  mlir::Value inverseOf(mlir::Value scale);
  mlir::Value rounded(mlir::Value numbers, mlir::Value inverse);
  void storeIntegers(llvm::ArrayRef<mlir::Value> integers, mlir::Value rows, mlir::Value at);
  mlir::Value sumOf(llvm::ArrayRef<mlir::Value> integers);
  void storeWord(mlir::Value word, mlir::Value rows, mlir::Value words, mlir::Value number);

  mlir::ImplicitLocOpBuilder &b;
  VectorMath &math;
  int64_t width;
  QuantRowFormat format;
  int64_t offset;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_QUANTROWS_H
