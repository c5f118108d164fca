// prepare_rows: rows as a matmul kernel reads them.
//
//   rows[t][k]  = convert(input[t][k] * gamma[k])     k < K
//   rows[t][k]  = 0                                   K <= k < Kp
//   factor[t]   = rsqrt(Σ_k input[t][k]^2 / K + eps)
//
// where quantized rows (QuantRows.h) are converted a group at a time,
//
// in one reading of the input. Element k adds to lane k % lanes of sum k / lanes % 4; the four sums
// are added in pairs, then their lanes as a tree: the order of the squares depends on K and on the
// target alone. A task is a few rows.
#include "codegen/kernels/KernelEmitter.h"
#include "codegen/kernels/QuantRows.h"
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
/// Sums that run side by side.
constexpr int64_t kSums = 4;

int64_t rowGroupOf(PrepareRowsOp op) {
  auto quant = dyn_cast<QuantType>(op.getRows().getType().getElementType());
  return quant ? quant.getGroup() : 0;
}

class PrepareRowsKernel {
public:
  PrepareRowsKernel(PrepareRowsOp op, KernelFunction &function, const Target &target)
      : op(op), function(function), b(function.bodyBuilder()), math(b, target),
        lanes(target.lanes()), columns(op.getInput().getType().getDimSize(1)),
        width(op.getRows().getType().getDimSize(1)),
        vectorType(VectorType::get({lanes}, b.getF32Type())), rowGroup(rowGroupOf(op)),
        quantRows(b, math, width, rowGroup, op.getOffset()) {}

  EmittedKernel emit();

private:
  void emitRow(Value row);
  void emitVectors(Value k, int64_t count, MutableArrayRef<Value> sums);
  void emitVector(Value k, int64_t existing, Value *sum);
  void storeGroup(Value k);
  void emitPadding();
  void emitFactor(Value row, ArrayRef<Value> sums);

  Value load(Value memory, Value at, int64_t existing);
  bool hasFactor() { return op.getEps().has_value(); }
  bool isQuantized() { return rowGroup != 0; }

  PrepareRowsOp op;
  KernelFunction &function;
  ImplicitLocOpBuilder b;
  VectorMath math;
  int64_t lanes;
  int64_t columns; ///< K
  int64_t width;   ///< Kp
  VectorType vectorType;
  int64_t rowGroup; ///< Numbers of a row that share a scale; 0: rows are floats.
  QuantRows quantRows;

  Value input, gamma, rows;    ///< Rank 1; gamma may be null.
  Value inputStart, rowsStart; ///< Of the row in hand.
  SmallVector<Value> group;    ///< Of quantized rows: vectors of a group that is not complete.
};

} // namespace

/// Up to `existing` elements from `at` on, as f32; zeros behind them.
Value PrepareRowsKernel::load(Value memory, Value at, int64_t existing) {
  Type element = cast<MemRefType>(memory.getType()).getElementType();
  return math.convert(loadLanes(b, VectorType::get({lanes}, element), memory, at, existing),
                      b.getF32Type());
}

/// Columns k .. k + lanes - 1, of which the first `existing` are the input's.
void PrepareRowsKernel::emitVector(Value k, int64_t existing, Value *sum) {
  Value value = load(input, arith::AddIOp::create(b, inputStart, k), existing);
  if (sum)
    *sum = math::FmaOp::create(b, value, value, *sum);
  if (gamma)
    value = arith::MulFOp::create(b, value, load(gamma, k, existing));
  if (isQuantized()) {
    group.push_back(value);
    if (static_cast<int64_t>(group.size()) * lanes == rowGroup)
      storeGroup(indexPlus(b, k, lanes - rowGroup));
    return;
  }
  Type stored = cast<MemRefType>(rows.getType()).getElementType();
  storeLanes(b, math.convert(value, stored), rows, arith::AddIOp::create(b, rowsStart, k),
             existing);
}

/// Rounds and stores the group whose first column is `k`; vectors that it lacks are zeros.
void PrepareRowsKernel::storeGroup(Value k) {
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(vectorType));
  group.resize(rowGroup / lanes, zero);
  quantRows.store(group, rows, rowsStart, k);
  group.clear();
}

void PrepareRowsKernel::emitVectors(Value k, int64_t count, MutableArrayRef<Value> sums) {
  for (int64_t i = 0; i < count; ++i)
    emitVector(indexPlus(b, k, i * lanes), lanes, sums.empty() ? nullptr : &sums[i]);
}

void PrepareRowsKernel::emitPadding() {
  if (isQuantized()) {
    auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
    if (!group.empty())
      storeGroup(index(columns / rowGroup * rowGroup));
    for (int64_t k = roundUp(columns, rowGroup); k < width; k += rowGroup)
      storeGroup(index(k));
    return;
  }
  auto type = VectorType::get({lanes}, cast<MemRefType>(rows.getType()).getElementType());
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  for (int64_t k = columns; k < width; k += lanes)
    storeLanes(b, zero, rows, indexPlus(b, rowsStart, k), std::min(lanes, width - k));
}

void PrepareRowsKernel::emitFactor(Value row, ArrayRef<Value> sums) {
  Value low = arith::AddFOp::create(b, sums[0], sums[1]);
  Value high = arith::AddFOp::create(b, sums[2], sums[3]);
  Value sum = math.sumLanes(arith::AddFOp::create(b, low, high));
  Value mean = arith::DivFOp::create(b, sum, math.constant(double(columns), sum));
  Value eps = math.constant(op.getEps()->convertToFloat(), sum);
  Value factor = math.rsqrt(arith::AddFOp::create(b, mean, eps));
  memref::StoreOp::create(b, factor, function.memoryOf(op.getFactor()), row);
}

void PrepareRowsKernel::emitRow(Value row) {
  inputStart = indexTimes(b, row, columns);
  rowsStart = indexTimes(b, row, isQuantized() ? quantRowBytes(width, rowGroup) : width);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(vectorType));
  SmallVector<Value> sums(hasFactor() ? kSums : 0, zero);

  auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
  int64_t looped = columns / (kSums * lanes) * (kSums * lanes);
  auto loop = scf::ForOp::create(b, index(0), index(looped), index(kSums * lanes), sums);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> inner(loop.getRegionIterArgs());
    emitVectors(loop.getInductionVar(), kSums, inner);
    if (hasFactor())
      scf::YieldOp::create(b, inner);
  }
  sums.assign(loop.getResults().begin(), loop.getResults().end());

  int64_t whole = (columns - looped) / lanes;
  emitVectors(index(looped), whole, sums);
  int64_t done = looped + whole * lanes;
  if (done < columns)
    emitVector(index(done), columns - done, hasFactor() ? &sums[whole] : nullptr);
  emitPadding();
  if (hasFactor())
    emitFactor(row, sums);
}

EmittedKernel PrepareRowsKernel::emit() {
  input = flattened(b, function.memoryOf(op.getInput()));
  rows = flattened(b, function.memoryOf(op.getRows()));
  gamma = function.memoryOf(op.getGamma());
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
