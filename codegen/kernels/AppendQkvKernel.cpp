// append_qkv: heads of projected rows, normalised and rotated, to the queries and to the cache.
//
//   x[d]  = x[d] * rsqrt(Σ_d x[d]^2 / D + eps) * gamma[d]
//   lo'   = lo cos - hi sin,  hi' = hi cos + lo sin       (the halves of the first R numbers)
//
// A head is staged as f32 in scratch, in an order that depends on D and the target alone
// (RowVectors.h), and written to its place from there. A task is a row.
#include "codegen/kernels/KernelEmitter.h"
#include "codegen/kernels/KvWriter.h"
#include "codegen/kernels/Loops.h"
#include "codegen/kernels/RowVectors.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace graphc {

namespace {

/// Queries, keys or values as they come: rows of a projection.
struct HeadRows {
  Value rows;     ///< memref<T * N x f32 or bf16>.
  int64_t width;  ///< N.
  int64_t offset; ///< First channel.
  Value gamma;    ///< memref<D x f32 or bf16>; null where heads are not normalised.
  bool isRotated;
};

class AppendQkvKernel {
public:
  AppendQkvKernel(AppendQkvOp op, KernelFunction &function, const Target &target)
      : op(op), function(function), b(function.bodyBuilder()), math(b, target),
        lanes(target.lanes()), headDim(op.getType().getDimSize(2)),
        writer(b, op.getCache(), function, target),
        vectorType(VectorType::get({lanes}, b.getF32Type())), headVectors(b, math, lanes, headDim) {
  }

  EmittedKernel emit();

private:
  HeadRows rowsOf(Value rows, int64_t offset, Value gamma, bool isRotated);
  void emitRow(Value row);

  void stage(const HeadRows &from, Value row, Value head);
  void stageRotated(int64_t width, llvm::function_ref<Value(int64_t d, int64_t count)> load);
  Value normFactor(const HeadRows &from, Value start);
  Value staged(int64_t d, int64_t count);
  SmallVector<HeadVector> stagedVectors();

  void storeQuery(Value row, Value head);
  void append(Value row, Value head, KvIntegers::Side side);

  /// Calls `body` with the numbers [begin, end) of a head, a vector at a time.
  void forEachVector(int64_t begin, int64_t end,
                     llvm::function_ref<void(int64_t d, int64_t count)> body);
  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }

  AppendQkvOp op;
  KernelFunction &function;
  ImplicitLocOpBuilder b;
  VectorMath math;
  int64_t lanes;
  int64_t headDim;
  KvWriter writer;
  VectorType vectorType;
  RowVectors headVectors;

  Value stagedHead; ///< memref<D x f32>, in scratch.
  Value angles;     ///< First number of the row's line in the rope table.
};

} // namespace

void AppendQkvKernel::forEachVector(int64_t begin, int64_t end,
                                    llvm::function_ref<void(int64_t d, int64_t count)> body) {
  for (int64_t d = begin; d < end; d += lanes)
    body(d, std::min(lanes, end - d));
}

//===----------------------------------------------------------------------===//
// A head, staged
//===----------------------------------------------------------------------===//

/// rsqrt of the head's mean square, in all lanes.
Value AppendQkvKernel::normFactor(const HeadRows &from, Value start) {
  Value squares = headVectors.sum([&](Value d, int64_t existing, Value &sum) {
    Value x = headVectors.load(from.rows, arith::AddIOp::create(b, start, d), existing);
    sum = math::FmaOp::create(b, x, x, sum);
  });
  return headVectors.broadcast(headVectors.rsqrtOfMean(squares, *op.getEps()));
}

/// Stages the first `width` numbers, rotated by the angles of the row.
void AppendQkvKernel::stageRotated(int64_t width,
                                   llvm::function_ref<Value(int64_t d, int64_t count)> load) {
  Value table = flattened(b, function.memoryOf(op.getRopeTable()));
  int64_t half = width / 2;
  auto times = [&](Value x, Value y) -> Value { return arith::MulFOp::create(b, x, y); };
  forEachVector(0, half, [&](int64_t d, int64_t count) {
    Value low = load(d, count), high = load(half + d, count);
    Value cos = loadLanes(b, vectorType, table, indexPlus(b, angles, d), count);
    Value sin = loadLanes(b, vectorType, table, indexPlus(b, angles, half + d), count);
    Value first = arith::SubFOp::create(b, times(low, cos), times(high, sin));
    Value second = arith::AddFOp::create(b, times(high, cos), times(low, sin));
    storeLanes(b, first, stagedHead, index(d), count);
    storeLanes(b, second, stagedHead, index(half + d), count);
  });
}

void AppendQkvKernel::stage(const HeadRows &from, Value row, Value head) {
  Value start = indexPlus(b, indexTimes(b, row, from.width), from.offset);
  start = arith::AddIOp::create(b, start, indexTimes(b, head, headDim));
  Value factor = from.gamma ? normFactor(from, start) : Value();
  auto normal = [&](int64_t d, int64_t count) {
    Value x = headVectors.load(from.rows, indexPlus(b, start, d), count);
    if (!factor)
      return x;
    x = arith::MulFOp::create(b, x, factor);
    return arith::MulFOp::create(b, x, headVectors.load(from.gamma, index(d), count)).getResult();
  };
  int64_t rotated = from.isRotated ? op.getRopeTable().getType().getDimSize(1) : 0;
  if (rotated > 0)
    stageRotated(rotated, normal);
  forEachVector(rotated, headDim, [&](int64_t d, int64_t count) {
    storeLanes(b, normal(d, count), stagedHead, index(d), count);
  });
}

Value AppendQkvKernel::staged(int64_t d, int64_t count) {
  return loadLanes(b, vectorType, stagedHead, index(d), count);
}

SmallVector<HeadVector> AppendQkvKernel::stagedVectors() {
  SmallVector<HeadVector> vectors;
  forEachVector(0, headDim, [&](int64_t d, int64_t count) {
    vectors.push_back({staged(d, count), index(0), d, count});
  });
  return vectors;
}

//===----------------------------------------------------------------------===//
// To its place
//===----------------------------------------------------------------------===//

/// query[head][row][d].
void AppendQkvKernel::storeQuery(Value row, Value head) {
  Value memory = function.memoryOf(op.getQuery());
  auto type = cast<MemRefType>(memory.getType());
  Value query = flattened(b, memory);
  Value line = arith::AddIOp::create(b, indexTimes(b, head, type.getDimSize(1)), row);
  Value start = indexTimes(b, line, headDim);
  forEachVector(0, headDim, [&](int64_t d, int64_t count) {
    storeLanes(b, math.convert(staged(d, count), type.getElementType()), query,
               indexPlus(b, start, d), count);
  });
}

void AppendQkvKernel::append(Value row, Value head, KvIntegers::Side side) {
  if (writer.layout().hasScales())
    writer.appendIntegers(b, row, head, side, [&](Value d, int64_t count) {
      return loadLanes(b, vectorType, stagedHead, d, count);
    });
  else if (side == KvIntegers::Side::Key)
    writer.appendKey(b, row, head, stagedVectors());
  else
    writer.appendValue(b, row, head, stagedVectors());
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

HeadRows AppendQkvKernel::rowsOf(Value rows, int64_t offset, Value gamma, bool isRotated) {
  return {flattened(b, function.memoryOf(rows)),
          cast<RankedTensorType>(rows.getType()).getDimSize(1), offset, function.memoryOf(gamma),
          isRotated && op.getRopeTable()};
}

void AppendQkvKernel::emitRow(Value row) {
  HeadRows queries = rowsOf(op.getQueryRows(), op.getQueryOffset(), op.getQueryGamma(), true);
  HeadRows keys = rowsOf(op.getKeyRows(), op.getKeyOffset(), op.getKeyGamma(), true);
  HeadRows values = rowsOf(op.getValueRows(), op.getValueOffset(), Value(), false);
  if (op.getRopeTable())
    angles = indexTimes(b, writer.positionOf(b, row), op.getRopeTable().getType().getDimSize(1));
  emitLoop(b, op.getType().getDimSize(0), [&](Value head) {
    stage(queries, row, head);
    storeQuery(row, head);
  });
  emitLoop(b, writer.layout().heads, [&](Value head) {
    stage(keys, row, head);
    append(row, head, KvIntegers::Side::Key);
    stage(values, row, head);
    append(row, head, KvIntegers::Side::Value);
  });
}

EmittedKernel AppendQkvKernel::emit() {
  stagedHead = function.scratch(b, MemRefType::get({headDim}, b.getF32Type()), 0);
  emitLoop(b, function.begin(), function.end(), 1, [&](Value row) { emitRow(row); });
  return {PlanTasks{1, function.planDim(op.getQueryRows(), 0), 1},
          headDim * byteSize(ElementType::F32)};
}

FailureOr<EmittedKernel> emitAppendQkvKernel(Operation *op, KernelFunction &function,
                                             const Target &target) {
  return AppendQkvKernel(cast<AppendQkvOp>(op), function, target).emit();
}

} // namespace graphc
