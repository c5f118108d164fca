// Loops over the numbers of a row, with sums that run side by side.
//
// Number k adds to lane k % lanes of sum k / lanes % 4; the four sums are added in pairs, then
// their lanes as a tree: the order depends on the row's length and on the target alone.
#ifndef GRAPHC_CODEGEN_KERNELS_ROWVECTORS_H
#define GRAPHC_CODEGEN_KERNELS_ROWVECTORS_H

#include "codegen/kernels/VectorMath.h"

namespace graphc {

class RowVectors {
public:
  /// `together`: numbers that are wanted in one turn of the loop; a power of two.
  RowVectors(mlir::ImplicitLocOpBuilder &builder, VectorMath &math, int64_t lanes, int64_t columns,
             int64_t together = 0)
      : b(builder), math(math), lanes(lanes), columns(columns), together(together),
        vectorType(mlir::VectorType::get({lanes}, builder.getF32Type())) {}

  /// Takes the numbers k .. k + existing - 1 of the row, and the sum that they add to.
  using Body = llvm::function_ref<void(mlir::Value k, int64_t existing, mlir::Value &sum)>;

  /// Emits `body` for the row's vectors and yields the f32 that the sums have become.
  mlir::Value sum(Body body);

  /// 1 / sqrt(sum / columns + eps), for a sum of the row's squares.
  mlir::Value rsqrtOfMean(mlir::Value sum, const llvm::APFloat &eps);
  /// A number in all lanes.
  mlir::Value broadcast(mlir::Value number);

  /// Emits `body` for the row's vectors.
  void forEach(llvm::function_ref<void(mlir::Value k, int64_t existing)> body);

  /// Up to `existing` elements of a rank-1 memref from `at` on, as f32; zeros behind them.
  mlir::Value load(mlir::Value memory, mlir::Value at, int64_t existing);

  /// The first `existing` lanes of a vector, zeros behind them.
  mlir::Value onlyExisting(mlir::Value value, int64_t existing);

private:
  llvm::SmallVector<mlir::Value> run(llvm::ArrayRef<mlir::Value> sums, Body body);

  mlir::ImplicitLocOpBuilder &b;
  VectorMath &math;
  int64_t lanes;
  int64_t columns;
  int64_t together;
  mlir::VectorType vectorType;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_ROWVECTORS_H
