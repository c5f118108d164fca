#include "codegen/kernels/GenericKernelLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

/// Numbers that a task should have to do with, so that handing it out is little of its time.
static constexpr int64_t kNumbersPerTask = 16384;
/// Rows of a task at most, so that there are enough tasks for many threads.
static constexpr int64_t kRowsPerTask = 16;

SmallVector<Value> withLast(ValueRange rows, Value last) {
  SmallVector<Value> indices(rows);
  indices.push_back(last);
  return indices;
}

//===----------------------------------------------------------------------===//
// Index spaces and loops
//===----------------------------------------------------------------------===//

Space GenericLoops::spaceOf(Value tensor) {
  Space space;
  auto memory = cast<MemRefType>(memoryOf(tensor).getType());
  for (auto [i, bound] : llvm::enumerate(memory.getShape()))
    space.push_back({function.extent(b, tensor, i), bound, function.planDim(tensor, i)});
  return space;
}

/// One dimension of static extent 1: the rows of a tensor of rank 1.
static Space orOneRow(GenericLoops &k, const Space &rows) {
  return rows.empty() ? Space{{k.index(1), 1, PlanDim::One}} : rows;
}

PlanTasks GenericLoops::forEachRow(const Space &given, int64_t work,
                                   function_ref<void(ValueRange)> body) {
  Space rows = orOneRow(*this, given);
  // The dimension that tasks are blocks of: the first dynamic one, else the last. Those before it
  // have a task per point each, those behind it are walked inside a task.
  size_t split = 0;
  while (split + 1 < rows.size() && rows[split].isStatic())
    ++split;
  PlanTasks tasks{.times = 1, .dim = rows[split].symbol, .block = 1};
  for (const SpaceDim &dim : llvm::drop_begin(rows, split + 1))
    work *= dim.bound;
  tasks.block = std::clamp<int64_t>(kNumbersPerTask / std::max<int64_t>(work, 1), 1, kRowsPerTask);
  for (const SpaceDim &dim : llvm::ArrayRef(rows).take_front(split))
    tasks.times *= dim.bound;
  if (rows[split].isStatic())
    tasks.times *= ceilDiv(rows[split].bound, tasks.block);

  loop(function.begin(), function.end(), 1, [&](Value task) {
    Value block = index(tasks.block);
    Value blocks = over(plus(rows[split].extent, index(tasks.block - 1)), block);
    Value first = times(modulo(task, blocks), block);
    Value last = arith::MinSIOp::create(b, plus(first, block), rows[split].extent);
    SmallVector<Value> indices(split);
    Value outer = over(task, blocks);
    for (size_t i = split; i-- > 0;) {
      indices[i] = modulo(outer, rows[i].extent);
      outer = over(outer, rows[i].extent);
    }
    std::function<void(size_t)> inner = [&](size_t i) {
      if (i == rows.size())
        return body(ValueRange(indices).take_front(given.size()));
      loop(i == split ? first : index(0), i == split ? last : rows[i].extent, 1, [&](Value at) {
        indices.push_back(at);
        inner(i + 1);
        indices.pop_back();
      });
    };
    inner(split);
  });
  return tasks;
}

GenericLoops::Carried GenericLoops::loop(Value begin, Value end, int64_t step, ValueRange initial,
                                         function_ref<Carried(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, begin, end, index(step), initial);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Carried carried = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!initial.empty())
    scf::YieldOp::create(b, carried);
  return Carried(loop.getResults());
}

void GenericLoops::loop(Value begin, Value end, int64_t step, function_ref<void(Value)> body) {
  loop(begin, end, step, {}, [&](Value at, ValueRange) {
    body(at);
    return Carried();
  });
}

/// Where the vectors end and single numbers begin.
static Value endOfVectors(GenericLoops &k, const SpaceDim &dim) {
  if (dim.isStatic())
    return k.index(dim.bound / k.lanes() * k.lanes());
  return arith::AndIOp::create(k.b, dim.extent, k.index(-k.lanes()));
}

void GenericLoops::forEachVector(const SpaceDim &dim, function_ref<void(Value, int64_t)> body) {
  Value middle = endOfVectors(*this, dim);
  loop(index(0), middle, lanes(), [&](Value at) { body(at, lanes()); });
  loop(middle, dim.extent, 1, [&](Value at) { body(at, 1); });
}

Value GenericLoops::fold(const SpaceDim &dim, double initial,
                         function_ref<Value(Value, int64_t, Value)> body,
                         function_ref<Value(Value, Value)> join) {
  Value start = arith::ConstantOp::create(b, b.getF32FloatAttr(static_cast<float>(initial)));
  Value middle = endOfVectors(*this, dim);
  auto part = [&](Value begin, Value end, int64_t width) {
    return loop(begin, end, width, splat(start, width),
                [&](Value at, ValueRange sum) { return Carried{body(at, width, sum[0])}; })[0];
  };
  Value sum = math.reduceLanes(part(index(0), middle, lanes()), join);
  return join(sum, part(middle, dim.extent, 1));
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

Value GenericLoops::index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }
Value GenericLoops::add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
Value GenericLoops::sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
Value GenericLoops::mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
Value GenericLoops::div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
Value GenericLoops::fma(Value x, Value y, Value z) { return math::FmaOp::create(b, x, y, z); }
Value GenericLoops::plus(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
Value GenericLoops::times(Value x, Value y) { return arith::MulIOp::create(b, x, y); }
Value GenericLoops::over(Value x, Value y) { return arith::DivUIOp::create(b, x, y); }
Value GenericLoops::modulo(Value x, Value y) { return arith::RemUIOp::create(b, x, y); }

Value GenericLoops::splat(Value scalar, int64_t width) {
  if (width == 1)
    return scalar;
  return vector::BroadcastOp::create(b, VectorType::get(width, scalar.getType()), scalar);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value GenericLoops::load(Value memory, ValueRange indices, int64_t width) {
  if (width == 1)
    return memref::LoadOp::create(b, memory, indices);
  Type element = cast<MemRefType>(memory.getType()).getElementType();
  return vector::LoadOp::create(b, VectorType::get(width, element), memory, indices);
}

Value GenericLoops::loadF32(Value memory, ValueRange indices, int64_t width) {
  return math.convert(load(memory, indices, width), b.getF32Type());
}

void GenericLoops::store(Value numbers, Value memory, ValueRange indices) {
  if (isa<VectorType>(numbers.getType()))
    vector::StoreOp::create(b, numbers, memory, indices);
  else
    memref::StoreOp::create(b, numbers, memory, indices);
}

void GenericLoops::storeF32(Value numbers, Value memory, ValueRange indices) {
  Type element = cast<MemRefType>(memory.getType()).getElementType();
  store(math.convert(numbers, element), memory, indices);
}

Value GenericLoops::stepI32(KernelArg array, Value at, int64_t width) {
  return load(function.stepArray(array), at, width);
}

Value GenericLoops::stepIndex(KernelArg array, Value at) {
  return arith::IndexCastOp::create(b, b.getIndexType(), stepI32(array, at));
}

} // namespace graphc
