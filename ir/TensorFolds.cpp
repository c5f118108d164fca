// Folders of TensorOps.td and ElementwiseOps.td. None changes a bit of a result: what rounds twice
// is left alone.
#include "ir/GraphDialect.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace graphc;

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

//===----------------------------------------------------------------------===//
// reshape, transpose, repeat
//===----------------------------------------------------------------------===//

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getType() == getInput().getType())
    return getInput();
  if (auto constant = dyn_cast_or_null<DenseElementsAttr>(adaptor.getInput()))
    return constant.reshape(getType());
  if (auto before = getInput().getDefiningOp<ReshapeOp>()) {
    getInputMutable().assign(before.getInput());
    return getResult();
  }
  return {};
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (isIdentityPermutation(getPermutation()))
    return getInput();
  if (auto before = getInput().getDefiningOp<TransposeOp>()) {
    setPermutation(applyPermutation(before.getPermutation(), getPermutation()));
    getInputMutable().assign(before.getInput());
    return getResult();
  }
  return {};
}

OpFoldResult RepeatOp::fold(FoldAdaptor) {
  if (getTimes() == 1)
    return getInput();
  auto before = getInput().getDefiningOp<RepeatOp>();
  if (before && before.getAxis() == getAxis()) {
    setTimes(getTimes() * before.getTimes());
    getInputMutable().assign(before.getInput());
    return getResult();
  }
  return {};
}

//===----------------------------------------------------------------------===//
// slice, concat
//===----------------------------------------------------------------------===//

/// Makes a slice one of `input`, from `begin` on.
static OpFoldResult sliceOf(SliceOp slice, Value input, int64_t begin) {
  const int64_t extent = slice.getEnd() - slice.getBegin();
  slice.getInputMutable().assign(input);
  slice.setBegin(begin);
  slice.setEnd(begin + extent);
  return slice.getResult();
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  if (getType() == getInput().getType())
    return getInput();
  const int64_t axis = getAxis(), begin = getBegin(), end = getEnd();
  if (auto before = getInput().getDefiningOp<SliceOp>(); before && before.getAxis() == getAxis())
    return sliceOf(*this, before.getInput(), before.getBegin() + begin);
  auto concat = getInput().getDefiningOp<ConcatOp>();
  if (!concat || concat.getAxis() != getAxis())
    return {};
  int64_t start = 0;
  for (Value part : concat.getInputs()) {
    const int64_t extent = cast<RankedTensorType>(part.getType()).getDimSize(axis);
    if (begin >= start && end <= start + extent)
      return sliceOf(*this, part, begin - start);
    start += extent;
  }
  return {};
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  if (getInputs().size() == 1)
    return getInputs().front();
  SmallVector<Value> flat;
  for (Value input : getInputs()) {
    auto inner = input.getDefiningOp<ConcatOp>();
    if (inner && inner.getAxis() == getAxis())
      llvm::append_range(flat, inner.getInputs());
    else
      flat.push_back(input);
  }
  if (flat.size() == getInputs().size())
    return {};
  getInputsMutable().assign(flat);
  return getResult();
}

//===----------------------------------------------------------------------===//
// cast, scale
//===----------------------------------------------------------------------===//

/// Whether every number of one element type is one of another.
static bool losesNothing(Type from, Type to) {
  return from == to || (to.isF32() && (from.isBF16() || from.isF16()));
}

static DenseElementsAttr castConstant(DenseElementsAttr constant, Type elementType) {
  const llvm::fltSemantics &semantics = cast<FloatType>(elementType).getFloatSemantics();
  return constant.mapValues(elementType, [&](const APFloat &value) {
    APFloat converted = value;
    bool losesInfo = false;
    converted.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
    return converted.bitcastToAPInt();
  });
}

OpFoldResult CastOp::fold(FoldAdaptor adaptor) {
  const Type elementType = getType().getElementType();
  if (getType() == getInput().getType())
    return getInput();
  if (auto constant = dyn_cast_or_null<DenseElementsAttr>(adaptor.getInput()))
    return castConstant(constant, elementType);
  auto before = getInput().getDefiningOp<CastOp>();
  if (!before || !losesNothing(before.getInput().getType().getElementType(),
                               before.getType().getElementType()))
    return {};
  getInputMutable().assign(before.getInput());
  return getResult();
}

OpFoldResult ScaleOp::fold(FoldAdaptor) {
  return getFactor().isExactlyValue(1.0) ? getInput() : OpFoldResult();
}
