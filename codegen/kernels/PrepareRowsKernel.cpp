// prepare_rows: rows as a matmul kernel reads them.
//
//   rows[t][k]  = convert(input[t][k] * gamma[k])     k < K
//   rows[t][k]  = 0                                   K <= k < Kp
//   factor[t]   = rsqrt(Σ_k input[t][k]^2 / K + eps)
//
// in one reading of the input, or with layer_norm
//
//   rows[t][k]  = convert((input[t][k] - m) * rsqrt(v + eps) * gamma[k] + beta[k])
//
// behind a reading for the mean m and one for the variance v. Quantized rows (QuantRows.h) are
// converted a group at a time; for the order of the sums see RowVectors.h. A task is a few rows.
#include "codegen/kernels/KernelEmitter.h"
#include "codegen/kernels/QuantRows.h"
#include "codegen/kernels/RowVectors.h"
#include "codegen/kernels/VectorAccess.h"
#include "codegen/kernels/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace graphc {

namespace {

/// Rows of a task: enough that taking the task costs little beside it.
constexpr int64_t kTaskRows = 4;

/// How quantized rows stand in memory; of rows of floats the group is 0.
QuantRowFormat rowFormatOf(PrepareRowsOp op) {
  auto quant = dyn_cast<QuantType>(op.getRows().getType().getElementType());
  return quant ? quant.getRowFormat() : QuantRowFormat{0, 0};
}

class PrepareRowsKernel {
public:
  PrepareRowsKernel(PrepareRowsOp op, KernelFunction &function, const Target &target)
      : op(op), function(function), b(function.bodyBuilder()), math(b, target),
        lanes(target.lanes()), columns(op.getInput().getType().getDimSize(1)),
        width(op.getRows().getType().getDimSize(1)),
        vectorType(VectorType::get({lanes}, b.getF32Type())), format(rowFormatOf(op)),
        vectors(b, math, lanes, columns, format.group),
        quantRows(b, math, width, format, op.getOffset()) {}

  EmittedKernel emit();

private:
  void emitRow(Value row);
  void emitVector(Value k, int64_t existing, Value &sum);
  void emitMoments();
  void storeGroup(Value k);
  void emitPadding();

  Value load(Value memory, Value k, int64_t existing) { return vectors.load(memory, k, existing); }
  Value loadInput(Value k, int64_t existing) {
    return load(input, arith::AddIOp::create(b, inputStart, k), existing);
  }
  bool hasFactor() { return op.getEps().has_value(); }
  bool isQuantized() { return format.group != 0; }

  PrepareRowsOp op;
  KernelFunction &function;
  ImplicitLocOpBuilder b;
  VectorMath math;
  int64_t lanes;
  int64_t columns; ///< K
  int64_t width;   ///< Kp
  VectorType vectorType;
  QuantRowFormat format;
  RowVectors vectors;
  QuantRows quantRows;

  Value input, gamma, beta, rows; ///< Rank 1; gamma and beta may be null.
  Value inputStart, rowsStart;    ///< Of the row in hand, as all below.
  Value mean, inverseDeviation;   ///< In all lanes, with layer_norm; else null.
  SmallVector<Value> group;       ///< Of quantized rows: vectors of a group that is not complete.
};

} // namespace

/// Columns k .. k + lanes - 1, of which the first `existing` are the input's.
void PrepareRowsKernel::emitVector(Value k, int64_t existing, Value &sum) {
  Value value = loadInput(k, existing);
  if (sum)
    sum = math::FmaOp::create(b, value, value, sum);
  if (mean) {
    value = arith::SubFOp::create(b, value, mean);
    value = arith::MulFOp::create(b, value, inverseDeviation);
  }
  if (gamma)
    value = arith::MulFOp::create(b, value, load(gamma, k, existing));
  if (beta)
    value = arith::AddFOp::create(b, value, load(beta, k, existing));
  if (isQuantized()) {
    group.push_back(mean ? vectors.onlyExisting(value, existing) : value);
    if (static_cast<int64_t>(group.size()) * lanes == format.group)
      storeGroup(indexPlus(b, k, lanes - format.group));
    return;
  }
  Type stored = cast<MemRefType>(rows.getType()).getElementType();
  storeLanes(b, math.convert(value, stored), rows, arith::AddIOp::create(b, rowsStart, k),
             existing);
}

/// Rounds and stores the group whose first column is `k`; vectors that it lacks are zeros.
void PrepareRowsKernel::storeGroup(Value k) {
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(vectorType));
  group.resize(format.group / lanes, zero);
  quantRows.store(group, rows, rowsStart, k);
  group.clear();
}

void PrepareRowsKernel::emitPadding() {
  if (isQuantized()) {
    auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
    if (!group.empty())
      storeGroup(index(columns / format.group * format.group));
    for (int64_t k = roundUp(columns, format.group); k < width; k += format.group)
      storeGroup(index(k));
    return;
  }
  auto type = VectorType::get({lanes}, cast<MemRefType>(rows.getType()).getElementType());
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  for (int64_t k = columns; k < width; k += lanes)
    storeLanes(b, zero, rows, indexPlus(b, rowsStart, k), std::min(lanes, width - k));
}

/// The row's mean and 1 / sqrt(variance + eps).
void PrepareRowsKernel::emitMoments() {
  Value total = vectors.sum([&](Value k, int64_t existing, Value &sum) {
    sum = arith::AddFOp::create(b, sum, loadInput(k, existing));
  });
  Value average = arith::DivFOp::create(b, total, math.constant(double(columns), total));
  mean = vectors.broadcast(average);
  Value squares = vectors.sum([&](Value k, int64_t existing, Value &sum) {
    Value apart = arith::SubFOp::create(b, loadInput(k, existing), mean);
    apart = vectors.onlyExisting(apart, existing);
    sum = math::FmaOp::create(b, apart, apart, sum);
  });
  inverseDeviation = vectors.broadcast(vectors.rsqrtOfMean(squares, *op.getLayerEps()));
}

void PrepareRowsKernel::emitRow(Value row) {
  inputStart = indexTimes(b, row, columns);
  rowsStart = indexTimes(b, row, isQuantized() ? format.rowBytes(width) : width);
  if (op.getLayerEps())
    emitMoments();
  if (!hasFactor()) {
    Value none;
    vectors.forEach([&](Value k, int64_t existing) { emitVector(k, existing, none); });
    return emitPadding();
  }
  Value squares =
      vectors.sum([&](Value k, int64_t existing, Value &sum) { emitVector(k, existing, sum); });
  emitPadding();
  Value factor = vectors.rsqrtOfMean(squares, *op.getEps());
  memref::StoreOp::create(b, factor, function.memoryOf(op.getFactor()), row);
}

EmittedKernel PrepareRowsKernel::emit() {
  input = flattened(b, function.memoryOf(op.getInput()));
  rows = flattened(b, function.memoryOf(op.getRows()));
  gamma = function.memoryOf(op.getGamma());
  beta = function.memoryOf(op.getBeta());
  Value first = indexTimes(b, function.begin(), kTaskRows);
  Value end = arith::MinUIOp::create(b, indexTimes(b, function.end(), kTaskRows),
                                     function.extent(b, op.getInput(), 0));
  Value one = arith::ConstantIndexOp::create(b, 1);
  auto loop = scf::ForOp::create(b, first, end, one);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  emitRow(loop.getInductionVar());
  return {PlanTasks{1, function.planDim(op.getInput(), 0), kTaskRows}, /*scratchBytes=*/0};
}

FailureOr<EmittedKernel> emitPrepareRowsKernel(Operation *op, KernelFunction &function,
                                               const Target &target) {
  auto prepare = cast<PrepareRowsOp>(op);
  for (Value value : {Value(prepare.getInput()), Value(prepare.getRows())}) {
    Type element = cast<RankedTensorType>(value.getType()).getElementType();
    bool isQuant = isa<QuantType>(element) && value == prepare.getRows();
    if (!element.isF32() && !element.isBF16() && !isQuant)
      return op->emitOpError("expected rows of f32 or bf16 but got ") << value.getType();
  }
  return PrepareRowsKernel(prepare, function, target).emit();
}

} // namespace graphc
