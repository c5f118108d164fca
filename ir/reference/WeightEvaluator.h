// Evaluates weight expressions, a range of rows at a time: for the packer, which streams gigabytes,
// and for the reference.
//
// A value is seen as a matrix as in WeightSource.h: rows of the leading dimension. Most ops of
// weight expressions keep rows apart (cast, scale, mul by a vector of columns, concat and slice of
// rows), so a range costs no more memory than itself. An op that does not (transpose) evaluates its
// operand whole.
#ifndef GRAPHC_IR_REFERENCE_WEIGHTEVALUATOR_H
#define GRAPHC_IR_REFERENCE_WEIGHTEVALUATOR_H

#include "ir/GraphDialect.h"
#include "ir/WeightSource.h"
#include "runtime/base/Status.h"

#include "mlir/IR/SymbolTable.h"

#include <span>

namespace graphc {

/// Rows and columns of a tensor type's matrix view.
int64_t matrixRows(mlir::Type type);
int64_t matrixColumns(mlir::Type type);

/// Rounds values in place to what an element type can hold (f32: nothing to do).
void roundTo(mlir::Type elementType, std::span<float> values);

/// Evaluates values in the region of one weight for one layer. Holds no state of its own: any
/// number of threads may use one.
class WeightEvaluator {
public:
  WeightEvaluator(WeightOp weight, int64_t layer, const WeightSource &source)
      : weight(weight), layer(layer), source(source) {}

  /// Rows [begin, end) of `value`, row-major, into `out` of exactly that size. Values of narrow
  /// types are f32 numbers that the type can hold. The source's failures pass through; Unsupported
  /// for an op that has no meaning in a weight expression.
  Status readRows(mlir::Value value, int64_t begin, int64_t end, std::span<float> out) const;

  /// All rows.
  Expected<std::vector<float>> readAll(mlir::Value value) const;

private:
  Status readConcat(ConcatOp op, int64_t begin, int64_t end, std::span<float> out) const;
  Status readSlice(SliceOp op, int64_t begin, int64_t end, std::span<float> out) const;
  Status readTranspose(TransposeOp op, int64_t begin, int64_t end, std::span<float> out) const;
  Status readReshape(ReshapeOp op, int64_t begin, int64_t end, std::span<float> out) const;
  Status readBinary(mlir::Operation *op, int64_t begin, int64_t end, std::span<float> out) const;
  Status readParam(ParamOp op, int64_t begin, int64_t end, std::span<float> out) const;

  WeightOp weight;
  int64_t layer;
  const WeightSource &source;
};

} // namespace graphc

#endif // GRAPHC_IR_REFERENCE_WEIGHTEVALUATOR_H
