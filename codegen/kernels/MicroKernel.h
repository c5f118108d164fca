// The inner loop of every matrix kernel: a few rows times a few vectors of channels, over all of k.
//
//   sum[r][v][lane] = Σ_k left[r][k] * right[k][v][lane]
//
// Every sum is one chain of multiply-adds in the order of k, begun at its initial value: how many
// rows and vectors stand side by side, and how far the loop is unrolled, never changes a bit. The
// sums live in registers; `left` is broadcast from memory, `right` is read a vector at a time.
//
// Used by the matmul family (right: a panel of packed weights) and by attention (right: a page of
// keys, with tokens as channels, or a page of values).
#ifndef GRAPHC_CODEGEN_KERNELS_MICROKERNEL_H
#define GRAPHC_CODEGEN_KERNELS_MICROKERNEL_H

#include "codegen/target/Target.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace graphc {

/// The left factor: rows whose elements along k stand side by side.
struct LeftRows {
  mlir::Value memory; ///< memref<n x f32> or memref<n x bf16>.
  mlir::Value start;  ///< Element of row 0, k = 0; an index.
  int64_t stride = 0; ///< Elements from a row to the next.
};

/// The right factor: steps of k, in each the lanes of some vectors. A step has kp values of k, the
/// lane's kp elements side by side: 1 for f32, 2 for bf16.
struct RightPanel {
  mlir::Value memory;                 ///< memref<n x f32> or memref<n x bf16>.
  mlir::Value start;                  ///< Element of step 0, vector offset 0; an index.
  int64_t stride = 0;                 ///< Elements from a step to the next.
  llvm::SmallVector<int64_t> vectors; ///< Of each vector: elements from the step's start.
};

/// Size of one run of the loop.
struct MicroTile {
  int64_t rows = 1;
  int64_t depth = 1;  ///< Extent of k, as far as `left` has it; `right` has ceil(depth / kp) steps.
  int64_t unroll = 1; ///< Steps in a turn of the loop.
  int64_t prefetch = 0; ///< How many bytes ahead `right` is fetched into L2; 0: not at all.
};

/// Elements of k that stand side by side in a packed right factor: 1 for f32, 2 for bf16.
int64_t packedPair(mlir::Type elementType);

class MicroKernel {
public:
  /// Element types: `left` f32 or bf16, `right` f32 or bf16; bf16 on the left needs bf16 on the
  /// right. Where the target has no bf16 dot product, or where left is f32, bf16 is widened to f32
  /// (exact) and every element of k is a multiply-add of its own.
  MicroKernel(mlir::ImplicitLocOpBuilder &builder, const Target &target, mlir::Type left,
              mlir::Type right);

  /// Emits the loop at the builder's place. `initial` has rows * vectors values of type
  /// sumType(), row by row, or none for zeros; the result has them in the same order.
  llvm::SmallVector<mlir::Value> emit(const LeftRows &left, const RightPanel &right,
                                      const MicroTile &tile, mlir::ValueRange initial = {});

  /// vector<lanes x f32>.
  mlir::VectorType sumType() const;

private:
  /// One step: where the left rows and the right vectors are read, how much of kp is left.
  struct Step {
    const LeftRows &left;
    const RightPanel &right;
    mlir::Value leftAt;
    mlir::Value rightAt;
    int64_t leftOffset;
    int64_t rightOffset;
    int64_t valid; ///< Elements of k that the left has in this step, 1..kp.
  };

  void emitStep(const Step &step, int64_t rows, llvm::MutableArrayRef<mlir::Value> sums);
  void emitDots(const Step &step, int64_t rows, llvm::MutableArrayRef<mlir::Value> sums);
  void emitFmas(const Step &step, int64_t rows, llvm::MutableArrayRef<mlir::Value> sums);

  void emitPrefetches(const RightPanel &right, mlir::Value rightAt, const MicroTile &tile);

  mlir::Value leftElement(const Step &step, int64_t row, int64_t k);
  mlir::Value leftPair(const Step &step, int64_t row);
  mlir::Value rightVector(const Step &step, int64_t vector);
  mlir::Value widened(mlir::Value pairs, int64_t k);

  mlir::Value splatBits(uint32_t bits);
  mlir::VectorType bitsType() const;

  mlir::ImplicitLocOpBuilder &b;
  mlir::Type leftType;
  mlir::Type rightType;
  int64_t lanes;
  int64_t pair;
  bool useDot;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_MICROKERNEL_H
