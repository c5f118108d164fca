// What the generic kernels are written with: the index space of a tensor cut into tasks, loops over
// it, and numbers in and out of memory.
//
// A kernel's index space is a list of dimensions, all but the last of which are "rows". Rows are
// cut into tasks; inside a row, the last dimension is walked in vectors with a scalar tail. Loops
// go to this step's extents; strides are those of the memrefs, that is, of the bounds.
#ifndef GRAPHC_CODEGEN_KERNELS_GENERICKERNELLOOPS_H
#define GRAPHC_CODEGEN_KERNELS_GENERICKERNELLOOPS_H

#include "codegen/kernels/KernelFunction.h"
#include "codegen/kernels/VectorMath.h"
#include "runtime/plan/PlanHeader.h"

namespace graphc {

/// A dimension of an index space.
struct SpaceDim {
  mlir::Value extent;            ///< This step's, an index.
  int64_t bound = 0;             ///< The extent, or the largest one.
  PlanDim symbol = PlanDim::One; ///< One for a static dimension.

  bool isStatic() const { return symbol == PlanDim::One; }
};

using Space = llvm::SmallVector<SpaceDim, 4>;

class GenericLoops {
public:
  GenericLoops(KernelFunction &function, const Target &target)
      : b(function.bodyBuilder()), math(b, target), function(function), target(target) {}

  mlir::ImplicitLocOpBuilder b;
  VectorMath math;

  //===--------------------------------------------------------------------===//
  // Index spaces and loops
  //===--------------------------------------------------------------------===//

  /// The index space of an operand or result.
  Space spaceOf(mlir::Value tensor);

  /// Emits the loops over this call's tasks and over their rows: the points of `rows`, each of
  /// which stands for about `work` numbers. `body` gets the index of a point. Once per kernel.
  PlanTasks forEachRow(const Space &rows, int64_t work,
                       llvm::function_ref<void(mlir::ValueRange)> body);

  using Carried = llvm::SmallVector<mlir::Value>;

  /// A loop that carries values from one round to the next and yields the last.
  Carried loop(mlir::Value begin, mlir::Value end, int64_t step, mlir::ValueRange initial,
               llvm::function_ref<Carried(mlir::Value, mlir::ValueRange)> body);
  void loop(mlir::Value begin, mlir::Value end, int64_t step,
            llvm::function_ref<void(mlir::Value)> body);

  /// Walks [0, dim) in vectors, then by single numbers: `body` gets where it is and how many
  /// numbers (Target::lanes() or 1) it takes there.
  void forEachVector(const SpaceDim &dim, llvm::function_ref<void(mlir::Value, int64_t)> body);

  /// Folds [0, dim) into one f32. `body` adds what is at a place to a value of that many numbers,
  /// starting from `initial`; lanes and the tail are joined by `join` in an order that depends on
  /// the extent alone.
  mlir::Value
  fold(const SpaceDim &dim, double initial,
       llvm::function_ref<mlir::Value(mlir::Value at, int64_t width, mlir::Value sum)> body,
       llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> join);

  //===--------------------------------------------------------------------===//
  // Numbers
  //===--------------------------------------------------------------------===//

  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value div(mlir::Value x, mlir::Value y);
  mlir::Value fma(mlir::Value x, mlir::Value y, mlir::Value z);
  /// A scalar in all lanes of `width` (the scalar itself for 1).
  mlir::Value splat(mlir::Value scalar, int64_t width);

  /// Sums and products of index values; x / y rounds down, for x >= 0 and y > 0.
  mlir::Value plus(mlir::Value x, mlir::Value y);
  mlir::Value times(mlir::Value x, mlir::Value y);
  mlir::Value over(mlir::Value x, mlir::Value y);
  mlir::Value modulo(mlir::Value x, mlir::Value y);

  //===--------------------------------------------------------------------===//
  // Memory
  //===--------------------------------------------------------------------===//

  /// `width` numbers of `memory` from `indices` on along its last dimension, as they are stored.
  mlir::Value load(mlir::Value memory, mlir::ValueRange indices, int64_t width = 1);
  /// The same as f32.
  mlir::Value loadF32(mlir::Value memory, mlir::ValueRange indices, int64_t width = 1);
  /// Stores numbers of the memory's type.
  void store(mlir::Value numbers, mlir::Value memory, mlir::ValueRange indices);
  /// Stores f32 numbers, rounded to the memory's type.
  void storeF32(mlir::Value numbers, mlir::Value memory, mlir::ValueRange indices);

  /// Entry `at` of one of the step's arrays as i32, or as an index.
  mlir::Value stepI32(KernelArg array, mlir::Value at, int64_t width = 1);
  mlir::Value stepIndex(KernelArg array, mlir::Value at);

  mlir::Value memoryOf(mlir::Value tensor) { return function.memoryOf(tensor); }
  int64_t lanes() const { return target.lanes(); }

  KernelFunction &function;
  const Target &target;
};

/// `indices` with another last one.
llvm::SmallVector<mlir::Value> withLast(mlir::ValueRange rows, mlir::Value last);

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_GENERICKERNELLOOPS_H
