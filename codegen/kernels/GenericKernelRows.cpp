// Ops that compute a row of the result from a row of the input: norms, mean, rope, mask; and
// softmax, whose rows may lie along any dimension.
#include "codegen/kernels/GenericKernelParts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

using namespace mlir;

namespace graphc {

namespace {

/// A row: its index in all dimensions but the last, and the last.
struct Row {
  ValueRange at;
  SpaceDim last;
};

Value toFloat(GenericLoops &k, Value index) {
  Value number = arith::IndexCastOp::create(k.b, k.b.getI32Type(), index);
  return arith::SIToFPOp::create(k.b, k.b.getF32Type(), number);
}

//===----------------------------------------------------------------------===//
// mean and norms
//===----------------------------------------------------------------------===//

/// The mean over a row of what `term` adds of each number to a sum.
Value meanOf(GenericLoops &k, Value memory, const Row &row,
             function_ref<Value(Value x, Value sum)> term) {
  Value sum = k.fold(
      row.last, 0.0,
      [&](Value at, int64_t width, Value sum) {
        return term(k.loadF32(memory, withLast(row.at, at), width), sum);
      },
      [&](Value x, Value y) { return k.add(x, y); });
  return k.div(sum, toFloat(k, row.last.extent));
}

/// 1 / sqrt(variance + eps).
Value normFactor(GenericLoops &k, Value variance, const APFloat &eps) {
  return k.math.rsqrt(k.add(variance, k.math.constant(eps.convertToFloat(), variance)));
}

void emitMean(GenericLoops &k, Operation *op, const Row &row) {
  auto add = [&](Value x, Value sum) { return k.add(sum, x); };
  Value mean = meanOf(k, k.memoryOf(op->getOperand(0)), row, add);
  k.storeF32(mean, k.memoryOf(op->getResult(0)), withLast(row.at, k.index(0)));
}

void emitRmsNorm(GenericLoops &k, Operation *op, const Row &row) {
  auto norm = cast<RmsNormOp>(op);
  Value from = k.memoryOf(norm.getInput()), gamma = k.memoryOf(norm.getGamma());
  auto addSquare = [&](Value x, Value sum) { return k.fma(x, x, sum); };
  Value factor = normFactor(k, meanOf(k, from, row, addSquare), norm.getEps());
  k.forEachVector(row.last, [&](Value at, int64_t width) {
    SmallVector<Value> indices = withLast(row.at, at);
    Value y = k.mul(k.loadF32(from, indices, width), k.splat(factor, width));
    k.storeF32(k.mul(y, k.loadF32(gamma, at, width)), k.memoryOf(norm.getResult()), indices);
  });
}

void emitLayerNorm(GenericLoops &k, Operation *op, const Row &row) {
  auto norm = cast<LayerNormOp>(op);
  Value from = k.memoryOf(norm.getInput()), gamma = k.memoryOf(norm.getGamma());
  Value beta = k.memoryOf(norm.getBeta());
  auto splatLike = [&](Value scalar, Value x) {
    auto vector = dyn_cast<VectorType>(x.getType());
    return k.splat(scalar, vector ? vector.getNumElements() : 1);
  };
  auto add = [&](Value x, Value sum) { return k.add(sum, x); };
  Value mean = meanOf(k, from, row, add);
  auto addSquare = [&](Value x, Value sum) {
    Value difference = k.sub(x, splatLike(mean, x));
    return k.fma(difference, difference, sum);
  };
  Value factor = normFactor(k, meanOf(k, from, row, addSquare), norm.getEps());
  k.forEachVector(row.last, [&](Value at, int64_t width) {
    SmallVector<Value> indices = withLast(row.at, at);
    Value y = k.sub(k.loadF32(from, indices, width), k.splat(mean, width));
    y = k.mul(k.mul(y, k.splat(factor, width)), k.loadF32(gamma, at, width));
    if (beta)
      y = k.add(y, k.loadF32(beta, at, width));
    k.storeF32(y, k.memoryOf(norm.getResult()), indices);
  });
}

//===----------------------------------------------------------------------===//
// rope, mask
//===----------------------------------------------------------------------===//

/// The second last index is the token; halves of the last dimension turn by the token's angles.
void emitRope(GenericLoops &k, Operation *op, const Row &row) {
  auto rope = cast<RopeOp>(op);
  Value from = k.memoryOf(rope.getInput()), to = k.memoryOf(rope.getResult());
  Value table = k.memoryOf(rope.getTable());
  Value position = k.stepIndex(kArgPosition, row.at.back());
  int64_t half = row.last.bound / 2;
  k.forEachVector({k.index(half), half, PlanDim::One}, [&](Value at, int64_t width) {
    Value behind = k.plus(at, k.index(half));
    SmallVector<Value> first = withLast(row.at, at), second = withLast(row.at, behind);
    Value cosine = k.loadF32(table, {position, at}, width);
    Value sine = k.loadF32(table, {position, behind}, width);
    Value x = k.loadF32(from, first, width), y = k.loadF32(from, second, width);
    k.storeF32(k.sub(k.mul(x, cosine), k.mul(y, sine)), to, first);
    k.storeF32(k.add(k.mul(y, cosine), k.mul(x, sine)), to, second);
  });
}

/// The second last index is the token, the last the cached row: seen if it is of the same sequence,
/// not later, and in the window.
void emitMask(GenericLoops &k, Operation *op, const Row &row) {
  auto mask = cast<MaskOp>(op);
  Value slot = k.stepI32(kArgSlot, row.at.back());
  Value position = k.stepI32(kArgPosition, row.at.back());
  auto compare = [&](arith::CmpIPredicate predicate, Value x, Value y) -> Value {
    return arith::CmpIOp::create(k.b, predicate, x, y);
  };
  k.forEachVector(row.last, [&](Value at, int64_t width) {
    SmallVector<Value> indices = withLast(row.at, at);
    Value own = k.splat(position, width);
    Value cached = k.stepI32(kArgColumnPosition, at, width);
    Value isSeen = compare(arith::CmpIPredicate::eq, k.stepI32(kArgColumnSlot, at, width),
                           k.splat(slot, width));
    auto require = [&](Value condition) { isSeen = arith::AndIOp::create(k.b, isSeen, condition); };
    require(compare(arith::CmpIPredicate::sle, cached, own));
    if (std::optional<int64_t> window = mask.getWindow()) {
      Value size = arith::ConstantIntOp::create(k.b, k.b.getI32Type(),
                                                std::min<int64_t>(*window, INT32_MAX));
      Value age = arith::SubIOp::create(k.b, own, cached);
      require(compare(arith::CmpIPredicate::slt, age, k.splat(size, width)));
    }
    Value x = k.loadF32(k.memoryOf(mask.getInput()), indices, width);
    Value hidden = k.math.constant(-std::numeric_limits<double>::infinity(), x);
    Value y = arith::SelectOp::create(k.b, isSeen, x, hidden);
    k.storeF32(y, k.memoryOf(mask.getResult()), indices);
  });
}

using EmitRow = void(GenericLoops &, Operation *, const Row &);

const std::pair<StringRef, EmitRow *> kRowOps[] = {
    {MeanOp::getOperationName(), emitMean},           {RmsNormOp::getOperationName(), emitRmsNorm},
    {LayerNormOp::getOperationName(), emitLayerNorm}, {RopeOp::getOperationName(), emitRope},
    {MaskOp::getOperationName(), emitMask},
};

} // namespace

FailureOr<PlanTasks> emitRowOp(Operation *op, GenericLoops &k) {
  auto *entry = llvm::find_if(
      kRowOps, [&](const auto &entry) { return entry.first == op->getName().getStringRef(); });
  Space space = k.spaceOf(op->getOperand(0));
  SpaceDim last = space.pop_back_val();
  return k.forEachRow(space, last.bound,
                      [&](ValueRange row) { entry->second(k, op, Row{row, last}); });
}

//===----------------------------------------------------------------------===//
// softmax
//===----------------------------------------------------------------------===//

/// exp(x - max) / sum along the last dimension. A row without a finite number yields NaN, as the
/// formula does.
static FailureOr<PlanTasks> softmaxAlongLast(Operation *op, GenericLoops &k) {
  Value from = k.memoryOf(op->getOperand(0)), to = k.memoryOf(op->getResult(0));
  Space space = k.spaceOf(op->getResult(0));
  SpaceDim last = space.pop_back_val();
  return k.forEachRow(space, last.bound, [&](ValueRange row) {
    auto load = [&](Value at, int64_t width) { return k.loadF32(from, withLast(row, at), width); };
    auto larger = [&](Value x, Value y) { return k.math.max(x, y); };
    auto exponential = [&](Value at, int64_t width, Value max) {
      return k.math.exp(k.sub(load(at, width), k.splat(max, width)));
    };
    Value max = k.fold(
        last, -std::numeric_limits<double>::infinity(),
        [&](Value at, int64_t width, Value sum) { return larger(sum, load(at, width)); }, larger);
    Value sum = k.fold(
        last, 0.0,
        [&](Value at, int64_t width, Value sum) { return k.add(sum, exponential(at, width, max)); },
        [&](Value x, Value y) { return k.add(x, y); });
    k.forEachVector(last, [&](Value at, int64_t width) {
      Value y = k.div(exponential(at, width, max), k.splat(sum, width));
      k.storeF32(y, to, withLast(row, at));
    });
  });
}

FailureOr<PlanTasks> emitSoftmax(Operation *op, GenericLoops &k) {
  size_t axis = cast<SoftmaxOp>(op).getAxis();
  Value from = k.memoryOf(op->getOperand(0)), to = k.memoryOf(op->getResult(0));
  Space space = k.spaceOf(op->getResult(0));
  if (axis + 1 == space.size())
    return softmaxAlongLast(op, k);
  // A row lies across the last dimension: one number of each step, in order.
  SpaceDim dim = space[axis];
  space.erase(space.begin() + axis);
  return k.forEachRow(space, dim.bound, [&](ValueRange row) {
    auto place = [&](Value at) {
      SmallVector<Value> indices(row);
      indices.insert(indices.begin() + axis, at);
      return indices;
    };
    auto fold = [&](double initial, function_ref<Value(Value x, Value sum)> combine) {
      Value start = arith::ConstantOp::create(k.b, k.b.getF32FloatAttr(initial));
      return k.loop(k.index(0), dim.extent, 1, start, [&](Value at, ValueRange sum) {
        return GenericLoops::Carried{combine(k.loadF32(from, place(at)), sum[0])};
      })[0];
    };
    Value max = fold(-std::numeric_limits<double>::infinity(),
                     [&](Value x, Value sum) { return k.math.max(sum, x); });
    auto exponential = [&](Value x) { return k.math.exp(k.sub(x, max)); };
    Value sum = fold(0.0, [&](Value x, Value sum) { return k.add(sum, exponential(x)); });
    k.loop(k.index(0), dim.extent, 1, [&](Value at) {
      Value y = k.div(exponential(k.loadF32(from, place(at))), sum);
      k.storeF32(y, to, place(at));
    });
  });
}

} // namespace graphc
