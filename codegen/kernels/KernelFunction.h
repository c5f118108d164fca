// The function that an emitter fills: one signature for all kernels, with what a kernel may need as
// typed values.
//
//   func.func @<symbol>(%T, %R, %S, %B, %stride, %shares : index,
//                       tokens .. column_position : memref<..xi32> each,
//                       %input_rows : memref<..xf32>, %shared : memref<..xi8>,
//                       one memref per tensor or cache operand and per result,
//                       %begin, %end : index, %scratch : memref<..xi8>)
//
// Shapes are static: every dynamic dimension stands at its upper bound (see KernelAbi.h), so that
// strides are constants and MLIR's bare-pointer convention applies. The entry point with the ABI of
// KernelAbi.h is put around it when the module has been lowered (lowering/EntryPoints.h).
#ifndef GRAPHC_CODEGEN_KERNELS_KERNELFUNCTION_H
#define GRAPHC_CODEGEN_KERNELS_KERNELFUNCTION_H

#include "ir/GraphDialect.h"
#include "runtime/plan/KernelAbi.h"
#include "runtime/plan/KvLayout.h"
#include "runtime/plan/PlanHeader.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace graphc {

/// Upper bounds of the dynamic dimensions, those of the plan.
struct StepBounds {
  int64_t tokens = 0;
  int64_t rows = 0;
  int64_t cached = 0;
};

/// Layout of a cache as the runtime keeps it.
KvLayout kvLayoutOf(KvCacheType type);

/// Dimensions of a kernel's values: its arguments' by their attributes (an argument without one has
/// T for every `?`), the others' by propagation.
mlir::FailureOr<SymbolicDims> kernelDims(KernelOp kernel);

/// Scratch of a thread that a kernel may ask for, at most.
constexpr int64_t kMaxScratchBytes = int64_t(64) << 20;

class KernelFunction {
public:
  /// Creates the function, named as the kernel, at the end of `module`. The argument attribute
  /// `graphc.dims` names the symbol of each `?`, e.g. ["T", "S"]; without it every `?` of an
  /// argument is T. Those of the results follow (ir/SymbolicDims.h). Fails with a diagnostic when a
  /// type has no place in memory.
  static mlir::FailureOr<KernelFunction> create(mlir::ModuleOp module, KernelOp kernel,
                                                const StepBounds &bounds);

  mlir::func::FuncOp function() const { return func; }
  const StepBounds &bounds() const { return stepBounds; }

  /// A builder at the end of the body, before its return.
  mlir::ImplicitLocOpBuilder bodyBuilder();

  /// This step's T, R, S, B, page_table stride and shares, as index values.
  mlir::Value dim(KernelArg which);
  /// Which symbol a dimension of a tensor is, as the plan counts tasks: One for a static
  /// one. `tensor`: an operand or result, as for memoryOf.
  PlanDim planDim(mlir::Value tensor, unsigned dimension) const;
  /// This step's extent of that dimension, as an index value.
  mlir::Value extent(mlir::OpBuilder &builder, mlir::Value tensor, unsigned dimension);
  /// One of the step's i32 arrays, as a rank-1 memref.
  mlir::Value stepArray(KernelArg which);
  /// The rows that the step is given in place of tokens, as a rank-1 memref of f32.
  mlir::Value inputRows();

  /// The memory of a value of the kernel's body, a block argument or a result of the computed op: a
  /// memref of the tensor's bounded shape; for a cache memref<pages x elements of a page x type>,
  /// all of this layer's pool, scales among the elements; for quantized rows and packed quantized
  /// weights the bytes, memref<rows x bytes of a row> or memref<panels x bytes of a panel>. Null
  /// for a step and for a null value.
  mlir::Value memoryOf(mlir::Value value) const;

  /// First task and the one after the last, as index values.
  mlir::Value begin();
  mlir::Value end();

  /// Part of the memory that threads share, from byte `offset` on, as a memref of `type`.
  mlir::Value shared(mlir::OpBuilder &builder, mlir::MemRefType type, int64_t offset);
  /// Part of this thread's scratch, from byte `offset` on, as a memref of `type`.
  mlir::Value scratch(mlir::OpBuilder &builder, mlir::MemRefType type, int64_t offset);

private:
  KernelFunction(KernelOp kernel, const StepBounds &bounds, SymbolicDims dims)
      : kernel(kernel), stepBounds(bounds), dims(std::move(dims)) {}

  KernelOp kernel;
  StepBounds stepBounds;
  SymbolicDims dims;
  mlir::func::FuncOp func;
  llvm::SmallVector<mlir::Value> operands;
  llvm::SmallVector<mlir::Value> results;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_KERNELFUNCTION_H
