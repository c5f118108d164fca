#include "passes/Matchers.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <cmath>

using namespace mlir;

namespace graphc {

RankedTensorType withElementType(Type tensor, Type elementType) {
  return cast<RankedTensorType>(tensor).clone(elementType);
}

std::optional<double> matchSplat(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  if (!constant)
    return std::nullopt;
  auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
  if (!elements || !elements.isSplat() || !isa<FloatType>(elements.getElementType()))
    return std::nullopt;
  APFloat number = elements.getSplatValue<APFloat>();
  bool inexact = false;
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
  return number.convertToDouble();
}

/// A constant of equal numbers, or the reciprocal square root of one.
static std::optional<double> matchUniformNumber(Value value) {
  if (auto number = matchSplat(value))
    return number;
  if (auto rsqrt = value.getDefiningOp<RsqrtOp>())
    if (auto number = matchSplat(rsqrt.getInput()))
      return 1 / std::sqrt(*number);
  return std::nullopt;
}

std::optional<UniformScale> matchUniformScale(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto scale = dyn_cast_if_present<ScaleOp>(op))
    return UniformScale{scale.getInput(), scale.getFactor().convertToDouble()};
  if (auto mul = dyn_cast_if_present<MulOp>(op)) {
    for (auto [input, other] :
         {std::pair(mul.getLhs(), mul.getRhs()), std::pair(mul.getRhs(), mul.getLhs())})
      if (auto number = matchUniformNumber(other); number && input.getType() == value.getType())
        return UniformScale{input, *number};
  }
  if (auto div = dyn_cast_if_present<DivOp>(op))
    if (auto number = matchUniformNumber(div.getRhs());
        number && div.getLhs().getType() == value.getType())
      return UniformScale{div.getLhs(), 1 / *number};
  return std::nullopt;
}

Value skipCasts(Value value) {
  while (auto cast = value.getDefiningOp<CastOp>())
    value = cast.getInput();
  return value;
}

Value castElements(OpBuilder &builder, Location location, Value value, Type elementType) {
  if (elementTypeOf(value) == elementType)
    return value;
  // To f32 and back changes nothing.
  auto widened = value.getDefiningOp<CastOp>();
  if (widened && elementTypeOf(value).isF32() && elementTypeOf(widened.getInput()) == elementType)
    return widened.getInput();
  return builder.createOrFold<CastOp>(location, withElementType(value.getType(), elementType),
                                      value);
}

bool isProductWeight(OpOperand &use) {
  if (auto linear = dyn_cast<LinearOp>(use.getOwner()))
    return use.get() == linear.getWeight();
  if (auto linear = dyn_cast<FusedLinearOp>(use.getOwner()))
    return use.get() == linear.getWeight();
  if (auto qkv = dyn_cast<FusedQkvOp>(use.getOwner()))
    return use.get() == qkv.getWeight();
  return false;
}

std::optional<ActivationMatch> matchActivation(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto silu = dyn_cast_if_present<SiluOp>(op))
    return ActivationMatch{silu.getInput(), Activation::Silu};
  if (auto relu = dyn_cast_if_present<ReluOp>(op))
    return ActivationMatch{relu.getInput(), Activation::Relu};
  if (auto gelu = dyn_cast_if_present<GeluOp>(op))
    return ActivationMatch{gelu.getInput(), gelu.getForm() == GeluForm::Tanh ? Activation::GeluTanh
                                                                             : Activation::GeluErf};
  return std::nullopt;
}

std::optional<SmallVector<ChannelRange>> matchChannelSplit(Value value) {
  const int64_t axis = int64_t(shapeOf(value).size()) - 1;
  SmallVector<ChannelRange> ranges;
  for (Operation *user : value.getUsers()) {
    auto slice = dyn_cast<SliceOp>(user);
    if (!slice || int64_t(slice.getAxis()) != axis)
      return std::nullopt;
    ranges.push_back({slice, int64_t(slice.getBegin()), int64_t(slice.getEnd())});
  }
  llvm::sort(ranges,
             [](const ChannelRange &a, const ChannelRange &b) { return a.begin < b.begin; });
  int64_t next = 0;
  for (const ChannelRange &range : ranges) {
    if (range.begin != next)
      return std::nullopt;
    next = range.end;
  }
  if (next != shapeOf(value).back())
    return std::nullopt;
  return ranges;
}

Location fuseLocations(ArrayRef<Operation *> ops) {
  SmallVector<Location> locations;
  for (Operation *op : ops)
    if (op)
      locations.push_back(op->getLoc());
  return FusedLoc::get(locations.front().getContext(), locations);
}

void eraseDeadOps(Operation *root) {
  root->walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
}

} // namespace graphc
