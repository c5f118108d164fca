// Constants and shapes: see ir/TensorOps.td.
#include "ir/reference/Ops.h"

namespace graphc::reference {

/// The op's result shape, with the extents of `symbols` in place of its `?`, in order.
static Shape resultShape(mlir::RankedTensorType type, const Tensor &input,
                         mlir::RankedTensorType inputType) {
  Shape dynamic;
  for (int64_t i = 0; i < inputType.getRank(); ++i)
    if (inputType.isDynamicDim(i))
      dynamic.push_back(input.shape[i]);
  Shape shape;
  size_t next = 0;
  for (int64_t extent : type.getShape())
    shape.push_back(mlir::ShapedType::isDynamic(extent) ? dynamic[next++] : extent);
  return shape;
}

Expected<Tensor> constant(ConstantOp op) {
  auto elements = llvm::dyn_cast<mlir::DenseElementsAttr>(op.getValue());
  if (!elements)
    return unsupported("a graphc.constant that is not dense");
  Tensor result(Shape(op.getType().getShape()));
  int64_t i = 0;
  for (llvm::APFloat value : elements.getValues<llvm::APFloat>())
    result.values[i++] = static_cast<float>(value.convertToDouble());
  return result;
}

Tensor reshape(ReshapeOp op, const Tensor &input) {
  return Tensor(resultShape(op.getType(), input, op.getInput().getType()), input.values);
}

Tensor transpose(TransposeOp op, const Tensor &input) {
  const llvm::ArrayRef<int64_t> permutation = op.getPermutation();
  const Shape inputStrides = stridesOf(input.shape);
  Shape shape;
  for (int64_t axis : permutation)
    shape.push_back(input.shape[axis]);
  Tensor result(shape);
  for (int64_t flat = 0; flat < result.size(); ++flat) {
    int64_t rest = flat, from = 0;
    for (size_t d = shape.size(); d-- > 0; rest /= shape[d])
      from += rest % shape[d] * inputStrides[permutation[d]];
    result.values[flat] = input.values[from];
  }
  return result;
}

/// A tensor seen along one axis: `outer` blocks of `extent` slices of `inner` numbers.
struct AxisView {
  AxisView(const Tensor &tensor, int64_t axis)
      : outer(elementCount(std::span(tensor.shape).first(axis))), extent(tensor.shape[axis]),
        inner(elementCount(std::span(tensor.shape).subspan(axis + 1))) {}
  int64_t at(int64_t block, int64_t slice) const { return (block * extent + slice) * inner; }
  int64_t outer, extent, inner;
};

/// Copies `count` slices from one tensor to another of the same outer and inner extents.
static void copySlices(const Tensor &from, int64_t fromBegin, Tensor &to, int64_t toBegin,
                       int64_t count, int64_t axis) {
  const AxisView source(from, axis), target(to, axis);
  for (int64_t block = 0; block < source.outer; ++block)
    std::copy_n(from.values.begin() + source.at(block, fromBegin), count * source.inner,
                to.values.begin() + target.at(block, toBegin));
}

Tensor slice(SliceOp op, const Tensor &input) {
  const int64_t axis = op.getAxis(), begin = op.getBegin(), end = op.getEnd();
  Shape shape = input.shape;
  shape[axis] = end - begin;
  Tensor result(shape);
  copySlices(input, begin, result, 0, end - begin, axis);
  return result;
}

Tensor concat(ConcatOp op, Operands inputs) {
  const int64_t axis = op.getAxis();
  Shape shape = inputs[0]->shape;
  shape[axis] = op.getType().getDimSize(axis);
  Tensor result(shape);
  int64_t at = 0;
  for (const TensorPtr &input : inputs) {
    copySlices(*input, 0, result, at, input->shape[axis], axis);
    at += input->shape[axis];
  }
  return result;
}

Tensor repeat(RepeatOp op, const Tensor &input) {
  const int64_t axis = op.getAxis(), times = op.getTimes();
  Shape shape = input.shape;
  shape[axis] *= times;
  Tensor result(shape);
  for (int64_t i = 0; i < shape[axis]; ++i)
    copySlices(input, i / times, result, i, 1, axis);
  return result;
}

Tensor cast(CastOp op, const Tensor &input) {
  Tensor result = input;
  roundTo(op.getType().getElementType(), result.values);
  return result;
}

Tensor selectRows(const Tensor &input, const StepData &step) {
  Shape shape = input.shape;
  shape[0] = static_cast<int64_t>(step.outRows.size());
  Tensor result(shape);
  for (int64_t r = 0; r < shape[0]; ++r)
    copySlices(input, step.outRows[r], result, r, 1, 0);
  return result;
}

} // namespace graphc::reference
