// The ops one by one, by groups as in ir/*.td. Operands have been checked by the verifier; extents
// that only a step knows are those of the operands.
#ifndef GRAPHC_IR_REFERENCE_OPS_H
#define GRAPHC_IR_REFERENCE_OPS_H

#include "ir/GraphDialect.h"
#include "ir/reference/KvStore.h"
#include "ir/reference/StepData.h"
#include "ir/reference/Tensor.h"
#include "runtime/base/Status.h"

namespace graphc::reference {

/// Tensor operands of an op, in order.
using Operands = llvm::ArrayRef<TensorPtr>;

/// Evaluates an op that has only tensors (and no region): one result. Unsupported for another op.
Expected<Tensor> evaluate(mlir::Operation *op, Operands operands);

/// Whether evaluate() knows an op.
bool isTensorOp(mlir::Operation *op);

//===----------------------------------------------------------------------===//
// TensorOps.cpp
//===----------------------------------------------------------------------===//

Expected<Tensor> constant(ConstantOp op);
Tensor reshape(ReshapeOp op, const Tensor &input);
Tensor transpose(TransposeOp op, const Tensor &input);
Tensor slice(SliceOp op, const Tensor &input);
Tensor concat(ConcatOp op, Operands inputs);
Tensor repeat(RepeatOp op, const Tensor &input);
Tensor cast(CastOp op, const Tensor &input);
Tensor selectRows(const Tensor &input, const StepData &step);

//===----------------------------------------------------------------------===//
// ElementwiseOps.cpp
//===----------------------------------------------------------------------===//

/// The function of an elementwise op of two operands.
double applyBinary(mlir::Operation *op, double a, double b);
Tensor binary(mlir::Operation *op, const Tensor &lhs, const Tensor &rhs);

/// The function of an elementwise op of one operand.
double applyUnary(mlir::Operation *op, double x);
Tensor unary(mlir::Operation *op, const Tensor &input);

/// The activation of a gated network.
double activate(Activation activation, double x);

//===----------------------------------------------------------------------===//
// NetworkOps.cpp
//===----------------------------------------------------------------------===//

Expected<Tensor> embedding(EmbeddingOp op, const Tensor &table, const StepData &step);
Expected<Tensor> inputRows(InputRowsOp op, const StepData &step);
Tensor mean(MeanOp op, const Tensor &input);
Tensor rmsNorm(RmsNormOp op, const Tensor &input, const Tensor &gamma);
Tensor layerNorm(LayerNormOp op, const Tensor &input, const Tensor &gamma, const Tensor *beta);
Tensor linear(LinearOp op, const Tensor &input, const Tensor &weight);
Tensor matmul(mlir::Type elementType, const Tensor &lhs, const Tensor &rhs, bool isTransposed);

/// 1 / sqrt(mean x^2 + eps) of a row.
double rmsFactor(std::span<const float> row, double eps);

/// What a layer_norm subtracts from a row's numbers and multiplies them by.
struct RowMoments {
  double mean = 0;
  double factor = 1; ///< 1 / sqrt(variance + eps)
};
RowMoments layerMoments(std::span<const float> row, double eps);

//===----------------------------------------------------------------------===//
// AttentionOps.cpp
//===----------------------------------------------------------------------===//

Tensor rope(RopeOp op, const Tensor &input, const Tensor &table, const StepData &step);
/// Rotates one head in place by a row of the table.
void rotate(std::span<double> head, std::span<const float> tableRow);

/// Whether the mask lets token t see a cached row.
bool sees(const StepData &step, int64_t t, CachedRow row, std::optional<int64_t> window);
Tensor mask(MaskOp op, const Tensor &input, const StepData &step);
Tensor softmax(SoftmaxOp op, const Tensor &input);

/// Rounds a row of keys or values, [Hkv][D], to what the cache keeps of it.
void roundToCache(KvCacheType type, std::span<float> row);

void kvAppend(KvCacheType type, int64_t layer, const Tensor &key, const Tensor &value,
              const StepData &step, KvStore &cache);

struct KeyValue {
  Tensor key, value;
};
/// All cached rows of the step's sequences, [Hkv, S, D]. Usage when one has not been appended.
Expected<KeyValue> kvRead(KvReadOp op, int64_t layer, const StepData &step, const KvStore &cache);

//===----------------------------------------------------------------------===//
// WeightOps.cpp
//===----------------------------------------------------------------------===//

/// Rows [begin, end) of a rope table.
void ropeTableRows(RopeTableOp op, int64_t begin, int64_t end, std::span<float> out);
Tensor quantize(QuantizeOp op, const Tensor &input);
Tensor pack(PackOp op, const Tensor &input);

/// The natural matrix [rows, columns] that is in a packed one; columns beyond its own are zero. A
/// natural matrix is returned as it is.
Tensor unpack(const Tensor &weight, mlir::RankedTensorType type, int64_t rows, int64_t columns,
              int64_t groups);
/// The `rows` numbers of the bias of a weight of this type, in natural order: it is packed if the
/// weight is.
std::vector<float> unpackBias(const Tensor &bias, mlir::RankedTensorType weightType, int64_t rows,
                              int64_t groups);

//===----------------------------------------------------------------------===//
// FusedOps.cpp
//===----------------------------------------------------------------------===//

struct PreparedRows {
  Tensor rows;
  Tensor factor; ///< empty without rms
};
PreparedRows prepareRows(PrepareRowsOp op, const Tensor &input, const Tensor *gamma,
                         const Tensor *beta);

/// Optional operands of the fused matmuls; null when absent.
struct LinearOperands {
  const Tensor *gamma = nullptr;
  const Tensor *beta = nullptr;
  const Tensor *rowFactor = nullptr;
  const Tensor *bias = nullptr;
  const Tensor *residual = nullptr;
  const Tensor *ropeTable = nullptr;
};
Tensor fusedLinear(FusedLinearOp op, const Tensor &input, const Tensor &weight,
                   const LinearOperands &operands);
/// Appends to the cache of `layer` and returns the queries.
Tensor fusedQkv(FusedQkvOp op, const Tensor &input, const Tensor &weight,
                const LinearOperands &operands, int64_t layer, const StepData &step,
                KvStore &cache);

/// Operands of append_qkv; the gammas and the table are null when absent.
struct QkvRows {
  const Tensor *query, *key, *value;
  const Tensor *queryGamma = nullptr;
  const Tensor *keyGamma = nullptr;
  const Tensor *ropeTable = nullptr;
};
/// Appends to the cache of `layer` and returns the queries.
Tensor appendQkv(AppendQkvOp op, const QkvRows &rows, int64_t layer, const StepData &step,
                 KvStore &cache);
Tensor normAdd(NormAddOp op, const Tensor &input, const Tensor &gamma, const Tensor &residual);
Expected<Tensor> flashAttention(FlashAttentionOp op, const Tensor &query, int64_t layer,
                                const StepData &step, const KvStore &cache);

} // namespace graphc::reference

#endif // GRAPHC_IR_REFERENCE_OPS_H
