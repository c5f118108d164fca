// Evaluates weight expressions, a range of rows at a time: for the packer, which streams gigabytes,
// and for the reference.
//
// A value is seen as a matrix as in WeightSource.h: rows of the leading dimension. Most ops of
// weight expressions keep rows apart (checkpoint, cast, elementwise ops by numbers, rows or
// columns, concat and slice of rows, reshape, rope_table): a range of their rows costs the memory
// of that range, or of a few. Any other op (transpose, a norm, ..) is evaluated whole by the
// reference once and kept until all its rows have been read.
#ifndef GRAPHC_IR_REFERENCE_WEIGHTEVALUATOR_H
#define GRAPHC_IR_REFERENCE_WEIGHTEVALUATOR_H

#include "ir/GraphDialect.h"
#include "ir/WeightSource.h"
#include "ir/reference/Tensor.h"
#include "runtime/base/Status.h"

#include <span>

namespace graphc {

/// Rows and columns of a tensor type's matrix view.
int64_t matrixRows(mlir::Type type);
int64_t matrixColumns(mlir::Type type);

/// Evaluates values in the region of one weight for one layer. Any number of threads may use one,
/// and copies of one, at the same time; the IR must not change meanwhile.
class WeightEvaluator {
public:
  WeightEvaluator(WeightOp weight, int64_t layer, const WeightSource &source);

  /// Rows [begin, end) of `value`, row-major, into `out` of exactly that size. Values of narrow
  /// types are f32 numbers that the type can hold. The source's failures pass through; BadInput for
  /// a checkpoint tensor that is missing or has another shape, Unsupported for an op that has no
  /// meaning in a weight expression.
  Status readRows(mlir::Value value, int64_t begin, int64_t end, std::span<float> out) const;

  /// What the numbers of rows [begin, end) of a kept value are made of (see graphc.quantize), into
  /// the rows of `out` from `outRow` on. Failures as above.
  Status readQuant(mlir::Value value, int64_t begin, int64_t end, int64_t outRow,
                   QuantMatrix &out) const;

  /// All rows.
  Expected<std::vector<float>> readAll(mlir::Value value) const;

private:
  Expected<std::string> findTensor(CheckpointOp op, const TensorInfo *&info) const;
  Status readCheckpoint(CheckpointOp op, int64_t begin, int64_t end, std::span<float> out) const;
  Status readQuantCheckpoint(CheckpointOp op, int64_t begin, int64_t end, int64_t outRow,
                             QuantMatrix &out) const;
  Status readConcat(ConcatOp op, int64_t begin, int64_t end, std::span<float> out) const;
  Status readQuantize(QuantizeOp op, int64_t begin, int64_t end, std::span<float> out) const;
  Status readReshape(ReshapeOp op, int64_t begin, int64_t end, std::span<float> out) const;
  Status readUnary(mlir::Operation *op, int64_t begin, int64_t end, std::span<float> out) const;
  Status readBinary(mlir::Operation *op, int64_t begin, int64_t end, std::span<float> out) const;
  Status readParam(ParamOp op, int64_t begin, int64_t end, std::span<float> out) const;
  Status readWhole(mlir::Operation *op, int64_t begin, int64_t end, std::span<float> out) const;
  Expected<TensorPtr> evaluateWhole(mlir::Operation *op) const;

  /// Results that are kept whole, shared by copies of an evaluator and those of weights that its
  /// own refers to.
  struct WholeResults;

  WeightEvaluator(WeightOp weight, int64_t layer, const WeightEvaluator &user)
      : weight(weight), layer(layer), source(user.source), whole(user.whole) {}

  WeightOp weight;
  int64_t layer;
  const WeightSource &source;
  std::shared_ptr<WholeResults> whole;
};

} // namespace graphc

#endif // GRAPHC_IR_REFERENCE_WEIGHTEVALUATOR_H
