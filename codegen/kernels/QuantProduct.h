// Products with a quantized right factor (see ir/QuantFormat.h for where its numbers are).
//
// A block is a group of columns, or with two levels of scales a super group. Its groups are walked
// in spans of 32 (or 16, if a group has no more). Quantized rows have groups of their own, which
// are parts of blocks, or several of them:
//
//   quantized rows     dot = sum of the span's products of integers, exact
//                      part = fma(float(dot), scale, part), of each span of the row's group
//                      sum = fma(part, rowScale, sum)
//   f32 rows           in runs of 8 columns: run = chain of fmas with the integers as floats
//                      sum = fma(run, scale, sum)
//   bf16 rows          where dot products of bf16 pay: run = chain of dot products of pairs
//                      sum = fma(run, scale, sum)
//
// Where numbers have a minimum, the sum of the row's numbers times the minimum follows in the same
// way, one more fma a span; rows of f32 are multiplied with fma(q, scale, minimum) instead, number
// by number:
//
//   quantized rows     part = fma(float(sum of the row's integers), minimum, part)
//   bf16 rows          sum = fma(run with ones, minimum, sum)
//
// so that a sum's bits depend on the numbers alone, not on the instructions that made the dots.
#ifndef GRAPHC_CODEGEN_KERNELS_QUANTPRODUCT_H
#define GRAPHC_CODEGEN_KERNELS_QUANTPRODUCT_H

#include "codegen/kernels/BlockProduct.h"
#include "codegen/kernels/QuantReader.h"
#include "codegen/kernels/UnpackedPanels.h"

namespace graphc {

/// What all of them have in common: scales, and the walk over a block's spans.
class QuantProduct : public BlockProduct {
public:
  QuantProduct(mlir::ImplicitLocOpBuilder &builder, const Target &target, QuantPanels panels)
      : b(builder), target(target), panels(panels), format(panels.format),
        reader(builder, target, panels.format) {}

  int64_t depth() const override { return format.blockColumns(); }
  bool fetches() const override { return true; }
  void emit(const BlockPlace &place, int64_t rows,
            llvm::MutableArrayRef<mlir::Value> sums) override {
    emitColumns(place, rows, sums);
  }

protected:
  /// Columns of a span.
  int64_t spanColumns() const { return format.spanColumns(); }

  using Scales = QuantReader::Scales;

  /// A span or a part of it: where its rows and its integers begin, its group's scales.
  struct Span {
    const LeftRows &left;
    const RightPanel &right;
    mlir::Value column;            ///< Of the left factor, an index.
    mlir::Value data;              ///< Of the right factor: a byte, where the span begins.
    llvm::ArrayRef<Scales> scales; ///< Of each vector.
    mlir::Value unit;              ///< The first 4-byte unit of the part in the span, an index.
  };

  /// Adds the products of depth() columns to the sums: of some blocks, or of a part of one.
  void emitColumns(const BlockPlace &place, int64_t rows, llvm::MutableArrayRef<mlir::Value> sums);

  /// Columns of a turn of a loop over a span. If all of a span were unrolled, LLVM would begin with
  /// loads for the end of it, and keep the sums in memory for want of registers.
  static constexpr int64_t kStepColumns = 8;

  /// Emits `body` for the parts of a span, in a loop that carries the sums. What a part reads is
  /// asked for ahead.
  void forEachPart(const Span &span, llvm::MutableArrayRef<mlir::Value> sums,
                   llvm::function_ref<void(const Span &, llvm::MutableArrayRef<mlir::Value>)> body);

  /// A vector's 4-byte units, the `unit`-th of the part.
  QuantUnits unitsOf(const Span &part, int64_t unit, const RightVector &vector);

  /// Adds a span's products to the sums.
  virtual void emitSpan(const Span &span, int64_t rows,
                        llvm::MutableArrayRef<mlir::Value> sums) = 0;

  /// Adds the products of so many columns of a block from `inBlock` on.
  void emitInBlock(const BlockPlace &place, mlir::Value block, mlir::Value inBlock, int64_t columns,
                   int64_t rows, llvm::MutableArrayRef<mlir::Value> sums);

  /// Emits `body` for steps [0, count), in a loop that carries the sums.
  void forEachStep(int64_t count, llvm::MutableArrayRef<mlir::Value> sums,
                   llvm::function_ref<void(mlir::Value, llvm::MutableArrayRef<mlir::Value>)> body);

  /// The scales of a group of columns that begins at the byte `group`, of each vector; `block`
  /// has those of its block.
  llvm::SmallVector<Scales> scalesOfGroup(const RightPanel &right, llvm::ArrayRef<Scales> block,
                                          mlir::Value group);

  /// number / by and its rest, as index.
  mlir::Value over(mlir::Value number, int64_t by);
  mlir::Value modulo(mlir::Value number, int64_t by);

  mlir::VectorType floats() const;
  mlir::VectorType integers() const;

  mlir::ImplicitLocOpBuilder &b;
  const Target &target;
  QuantPanels panels;
  QuantFormat format;
  QuantReader reader;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_QUANTPRODUCT_H
