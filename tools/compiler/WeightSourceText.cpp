#include "tools/compiler/WeightSourceText.h"

#include "frontend/weights/CheckpointSource.h"
#include "runtime/base/TextList.h"

using namespace mlir;

namespace graphc {

/// Whether numbers of one type are all numbers of another.
static bool holds(Type wide, Type narrow) { return wide == narrow || wide.isF32(); }

/// Whether an op changes no number, but for the type that it has.
static bool movesNumbers(Operation *op) {
  return isa<CheckpointOp, YieldOp, ConcatOp, TransposeOp, SliceOp, ReshapeOp, RepeatOp, CastOp,
             PackOp, QuantizeOp>(op);
}

static bool isRounded(Operation *op) {
  if (auto quantize = dyn_cast<QuantizeOp>(op))
    return quantize.getRule() != ScaleRule::Keep;
  auto cast = dyn_cast<CastOp>(op);
  if (!cast)
    return false;
  Type to = cast.getType().getElementType(), from = cast.getInput().getType().getElementType();
  // A cast to f32 and back is none.
  if (auto before = cast.getInput().getDefiningOp<CastOp>())
    from = before.getInput().getType().getElementType();
  return !isa<QuantType>(from) && !holds(to, from);
}

/// A tensor as the file has it: its name there and its type.
static std::string tensorText(CheckpointOp op, int64_t layer, const WeightSource &source) {
  std::string name = op.nameForLayer(layer);
  auto *checkpoint = dynamic_cast<const CheckpointSource *>(&source);
  if (!checkpoint)
    return name;
  return checkpoint->nameInFile(name) + " " + std::string(checkpoint->stored(name).type);
}

std::string weightSourceText(WeightOp weight, int64_t layer, const WeightSource &source) {
  std::string tensors;
  bool computed = false, rounded = false;
  weight.walk([&](Operation *op) {
    if (auto checkpoint = dyn_cast<CheckpointOp>(op))
      appendToList(tensors, tensorText(checkpoint, layer, source));
    if (op != weight.getOperation()) {
      computed |= !movesNumbers(op);
      rounded |= isRounded(op);
    }
  });
  if (tensors.empty())
    return {};
  return tensors + (computed ? ": computed" : rounded ? ": rounded" : ": kept");
}

} // namespace graphc
