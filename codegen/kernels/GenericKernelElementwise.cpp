// Ops that compute each number of the result from the numbers at the same place of the operands.
#include "codegen/kernels/GenericKernelParts.h"

using namespace mlir;

namespace graphc {

namespace {

using Operands = ArrayRef<Value>; // f32, all of one width

/// A float attribute's value in all lanes of `like`.
Value constantLike(GenericLoops &k, const APFloat &value, Value like) {
  return k.math.constant(value.convertToFloat(), like);
}

Value emitScale(GenericLoops &k, Operation *op, Operands x) {
  return k.mul(x[0], constantLike(k, cast<ScaleOp>(op).getFactor(), x[0]));
}

Value emitSoftCap(GenericLoops &k, Operation *op, Operands x) {
  Value cap = constantLike(k, cast<SoftCapOp>(op).getCap(), x[0]);
  return k.mul(cap, k.math.tanh(k.div(x[0], cap)));
}

using Emit = Value(GenericLoops &, Operation *, Operands);

const std::pair<StringRef, Emit *> kElementOps[] = {
    {AddOp::getOperationName(), [](auto &k, auto *, Operands x) { return k.add(x[0], x[1]); }},
    {SubOp::getOperationName(), [](auto &k, auto *, Operands x) { return k.sub(x[0], x[1]); }},
    {MulOp::getOperationName(), [](auto &k, auto *, Operands x) { return k.mul(x[0], x[1]); }},
    {DivOp::getOperationName(), [](auto &k, auto *, Operands x) { return k.div(x[0], x[1]); }},
    {ScaleOp::getOperationName(), emitScale},
    {RsqrtOp::getOperationName(), [](auto &k, auto *, Operands x) { return k.math.rsqrt(x[0]); }},
    {SiluOp::getOperationName(), [](auto &k, auto *, Operands x) { return k.math.silu(x[0]); }},
    {GeluOp::getOperationName(),
     [](auto &k, auto *op, Operands x) { return k.math.gelu(x[0], cast<GeluOp>(op).getForm()); }},
    {ReluOp::getOperationName(), [](auto &k, auto *, Operands x) { return k.math.relu(x[0]); }},
    {TanhOp::getOperationName(), [](auto &k, auto *, Operands x) { return k.math.tanh(x[0]); }},
    {SoftCapOp::getOperationName(), emitSoftCap},
    {CastOp::getOperationName(), [](auto &, auto *, Operands x) { return x[0]; }},
};

/// The operand's numbers that belong to `width` numbers of the result from `indices` on. Shapes are
/// aligned at the last dimension; an extent of 1 gives way to the result's.
Value loadBroadcast(GenericLoops &k, Value operand, Value result, ValueRange indices,
                    int64_t width) {
  Value memory = k.memoryOf(operand);
  ArrayRef<int64_t> from = cast<RankedTensorType>(operand.getType()).getShape();
  ArrayRef<int64_t> to = cast<RankedTensorType>(result.getType()).getShape();
  SmallVector<Value> own(indices.take_back(from.size()));
  for (auto [i, extent] : llvm::enumerate(from)) {
    if (extent == 1)
      own[i] = k.index(0);
  }
  bool isOne = from.empty() || (from.back() == 1 && to.back() != 1);
  return isOne ? k.splat(k.loadF32(memory, own), width) : k.loadF32(memory, own, width);
}

} // namespace

FailureOr<PlanTasks> emitElementwise(Operation *op, GenericLoops &k) {
  auto *entry = llvm::find_if(
      kElementOps, [&](const auto &entry) { return entry.first == op->getName().getStringRef(); });
  Value result = op->getResult(0);
  Space space = k.spaceOf(result);
  SpaceDim last = space.pop_back_val();
  return k.forEachRow(space, last.bound, [&](ValueRange row) {
    k.forEachVector(last, [&](Value at, int64_t width) {
      SmallVector<Value> indices = withLast(row, at);
      SmallVector<Value> operands;
      for (Value operand : op->getOperands())
        operands.push_back(loadBroadcast(k, operand, result, indices, width));
      k.storeF32(entry->second(k, op, operands), k.memoryOf(result), indices);
    });
  });
}

} // namespace graphc
