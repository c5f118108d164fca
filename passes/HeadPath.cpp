#include "passes/HeadPath.h"

#include "passes/LinearParts.h"
#include "passes/Matchers.h"

using namespace mlir;

namespace graphc {

static bool isSplitToHeads(ReshapeOp split, TransposeOp transpose) {
  return shapeOf(split.getInput()).size() == 2 && shapeOf(split.getResult()).size() == 3 &&
         shapeOf(split.getInput())[0] == shapeOf(split.getResult())[0] &&
         transpose.getPermutation() == ArrayRef<int64_t>({1, 0, 2});
}

//===----------------------------------------------------------------------===//
// Rotation
//===----------------------------------------------------------------------===//

namespace {
struct Rotation {
  RopeOp rope;
  Value result;
};
} // namespace

/// The rotation of each head's first numbers: the others pass by in a slice of their own.
static std::optional<Rotation> matchPartialRotation(Value heads) {
  auto split = matchChannelSplit(heads);
  if (!split || split->size() != 2)
    return std::nullopt;
  auto rope = soleUser<RopeOp>(split->front().slice.getResult());
  auto concat = rope ? soleUser<ConcatOp>(rope.getResult()) : ConcatOp();
  Value rest = split->back().slice.getResult();
  if (!concat || concat.getAxis() != 2 || concat.getInputs().size() != 2 ||
      concat.getInputs()[0] != rope.getResult() || concat.getInputs()[1] != rest ||
      !rest.hasOneUse())
    return std::nullopt;
  return Rotation{rope, concat.getResult()};
}

static std::optional<Rotation> matchRotation(Value heads) {
  if (auto rope = soleUser<RopeOp>(heads))
    return Rotation{rope, rope.getResult()};
  return matchPartialRotation(heads);
}

/// The heads that a rotation, whole or partial, yields `value` from; `value` itself without one.
static Value beforeRotation(Value value) {
  auto concat = value.getDefiningOp<ConcatOp>();
  if (auto rope = (concat ? concat.getInputs().front() : value).getDefiningOp<RopeOp>()) {
    auto slice = rope.getInput().getDefiningOp<SliceOp>();
    return concat && slice ? slice.getInput() : rope.getInput();
  }
  return value;
}

//===----------------------------------------------------------------------===//
// The way
//===----------------------------------------------------------------------===//

/// Takes the norm behind `value`, if there is one and none was before.
static Value takeNorm(HeadPath &path, Value value) {
  auto norm = soleUser<RmsNormOp>(value);
  if (!norm || path.norm || norm.getInput() != value)
    return value;
  path.norm = norm;
  return norm.getResult();
}

Refusal HeadPath::follow(Value channels, StringRef name) {
  auto split = soleUser<ReshapeOp>(channels);
  if (split)
    transpose = soleUser<TransposeOp>(takeNorm(*this, split.getResult()));
  if (!transpose || !isSplitToHeads(split, transpose))
    return name.str() + " are not split into heads, or their rows have a second user";
  result = takeNorm(*this, transpose.getResult());
  if (std::optional<Rotation> rotation = matchRotation(result)) {
    rope = rotation->rope;
    result = rotation->result;
  }
  cast = soleUser<CastOp>(result);
  if (cast)
    result = cast.getResult();
  return {};
}

Refusal HeadPath::matchFrom(SliceOp begin, StringRef name) {
  slice = begin;
  rows = begin.getInput();
  offset = begin.getBegin();
  return follow(begin.getResult(), name);
}

/// The op that `value` comes from, in words.
static std::string sourceText(Value value) {
  Operation *op = value.getDefiningOp();
  return op ? op->getName().getStringRef().str() : "a function argument";
}

Refusal HeadPath::matchTo(Value value, StringRef name) {
  auto beforeNorm = [](Value heads) {
    auto norm = heads.getDefiningOp<RmsNormOp>();
    return norm ? norm.getInput() : heads;
  };
  Value heads = beforeNorm(beforeRotation(skipCasts(value)));
  auto merge = heads.getDefiningOp<TransposeOp>();
  auto split = merge ? beforeNorm(merge.getInput()).getDefiningOp<ReshapeOp>() : ReshapeOp();
  if (!split)
    return name.str() + " come from " + sourceText(heads) + " and not from rows split into heads";
  rows = split.getInput();
  slice = rows.getDefiningOp<SliceOp>();
  if (slice) {
    rows = slice.getInput();
    offset = slice.getBegin();
  }
  if (!LinearParts::isLinear(rows.getDefiningOp()))
    return name.str() + " come from " + sourceText(rows) + " and not from a projection";
  if (Refusal refusal = follow(split.getInput(), name); !refusal.empty())
    return refusal;
  if (result != value)
    return name.str() + " have a second user";
  return {};
}

} // namespace graphc
