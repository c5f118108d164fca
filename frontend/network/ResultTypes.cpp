#include "frontend/network/ResultTypes.h"

#include "ir/GraphDialect.h"
#include "ir/OpRules.h"

using namespace mlir;

namespace graphc::results {

using Shape = SmallVector<int64_t>;

static RankedTensorType typeOf(Value value) {
  return mlir::cast<RankedTensorType>(value.getType());
}

static Shape shapeOf(Value value) { return Shape(typeOf(value).getShape()); }

/// A type like `model` of another shape. Result extents are bounded like those of operands.
static Types shaped(RankedTensorType model, ArrayRef<int64_t> shape) {
  return SmallVector<Type>{RankedTensorType::get(shape, model.getElementType())};
}

static Status expectRank(Value value, int64_t least) {
  if (typeOf(value).getRank() >= least)
    return {};
  return badInput("expected an operand of rank " + std::to_string(least) + " or more but got " +
                  rules::shapeText(typeOf(value).getShape()));
}

static int64_t integerOf(const Application &of, std::string_view name) {
  return mlir::cast<IntegerAttr>(of.attributes.at(name)).getInt();
}

/// The attribute `axis`, a static dimension of the operand.
static Expected<int64_t> axisOf(const Application &of, Value operand) {
  const int64_t axis = integerOf(of, "axis");
  if (axis >= 0 && axis < typeOf(operand).getRank() && !typeOf(operand).isDynamicDim(axis))
    return axis;
  return badInput("expected an axis with a static extent of " +
                  rules::shapeText(typeOf(operand).getShape()) + " but got " +
                  std::to_string(axis));
}

Types likeFirst(const Application &of) {
  return shaped(typeOf(of.operands[0]), shapeOf(of.operands[0]));
}

Types broadcast(const Application &of) {
  ArrayRef<int64_t> lhs = typeOf(of.operands[0]).getShape(),
                    rhs = typeOf(of.operands[1]).getShape();
  auto shape = rules::broadcastShape(lhs, rhs);
  if (!shape)
    return badInput("expected shapes that broadcast but got " + rules::shapeText(lhs) + " and " +
                    rules::shapeText(rhs));
  return shaped(typeOf(of.operands[0]), *shape);
}

Types lastBecomesOne(const Application &of) {
  GRAPHC_RETURN_IF_ERROR(expectRank(of.operands[0], 1));
  Shape shape = shapeOf(of.operands[0]);
  shape.back() = 1;
  return shaped(typeOf(of.operands[0]), shape);
}

Types linear(const Application &of) {
  GRAPHC_RETURN_IF_ERROR(expectRank(of.operands[0], 1));
  GRAPHC_RETURN_IF_ERROR(expectRank(of.operands[1], 2));
  Shape shape = shapeOf(of.operands[0]);
  shape.back() = typeOf(of.operands[1]).getDimSize(0);
  return shaped(typeOf(of.operands[0]), shape);
}

Types matmul(const Application &of) {
  GRAPHC_RETURN_IF_ERROR(expectRank(of.operands[0], 2));
  GRAPHC_RETURN_IF_ERROR(expectRank(of.operands[1], 2));
  ArrayRef<int64_t> lhs = typeOf(of.operands[0]).getShape(),
                    rhs = typeOf(of.operands[1]).getShape();
  auto shape = rules::broadcastShape(lhs.drop_back(2), rhs.drop_back(2));
  if (!shape)
    return badInput("expected stacks that broadcast but got " + rules::shapeText(lhs) + " and " +
                    rules::shapeText(rhs));
  const bool transposed = of.attributes.contains("transpose_b");
  shape->append({lhs[lhs.size() - 2], rhs[rhs.size() - (transposed ? 2 : 1)]});
  return shaped(typeOf(of.operands[0]), *shape);
}

Types embedding(const Application &of) {
  GRAPHC_RETURN_IF_ERROR(expectRank(of.operands[0], 2));
  return shaped(typeOf(of.operands[0]),
                {ShapedType::kDynamic, typeOf(of.operands[0]).getDimSize(1)});
}

Types reshape(const Application &of) {
  return shaped(typeOf(of.operands[0]),
                mlir::cast<DenseI64ArrayAttr>(of.attributes.at("shape")).asArrayRef());
}

Types transpose(const Application &of) {
  Shape input = shapeOf(of.operands[0]), shape;
  for (int64_t from : mlir::cast<DenseI64ArrayAttr>(of.attributes.at("permutation")).asArrayRef()) {
    if (from < 0 || from >= static_cast<int64_t>(input.size()))
      return badInput("expected a permutation of the dimensions of " + rules::shapeText(input) +
                      " but got " + std::to_string(from) + " in it");
    shape.push_back(input[static_cast<size_t>(from)]);
  }
  return shaped(typeOf(of.operands[0]), shape);
}

Types slice(const Application &of) {
  GRAPHC_ASSIGN_OR_RETURN(int64_t axis, axisOf(of, of.operands[0]));
  const int64_t begin = integerOf(of, "begin"), end = integerOf(of, "end");
  if (begin < 0 || begin >= end || end > typeOf(of.operands[0]).getDimSize(axis))
    return badInput("expected a range within an extent of " +
                    std::to_string(typeOf(of.operands[0]).getDimSize(axis)) + " but got " +
                    std::to_string(begin) + " to " + std::to_string(end));
  Shape shape = shapeOf(of.operands[0]);
  shape[static_cast<size_t>(axis)] = end - begin;
  return shaped(typeOf(of.operands[0]), shape);
}

Types concat(const Application &of) {
  int64_t sum = 0; // at most as many extents as there are operands: no overflow
  for (Value operand : of.operands) {
    GRAPHC_ASSIGN_OR_RETURN(int64_t axis, axisOf(of, operand));
    sum += typeOf(operand).getDimSize(axis);
  }
  Shape shape = shapeOf(of.operands[0]);
  shape[static_cast<size_t>(integerOf(of, "axis"))] = sum;
  return shaped(typeOf(of.operands[0]), shape);
}

Types repeat(const Application &of) {
  GRAPHC_ASSIGN_OR_RETURN(int64_t axis, axisOf(of, of.operands[0]));
  Shape shape = shapeOf(of.operands[0]);
  int64_t &extent = shape[static_cast<size_t>(axis)];
  if (__builtin_mul_overflow(extent, integerOf(of, "times"), &extent) || extent < 1)
    return badInput("expected to repeat at least once, to an extent below 2^63");
  return shaped(typeOf(of.operands[0]), shape);
}

Types cast(const Application &of) {
  return SmallVector<Type>{
      typeOf(of.operands[0]).clone(mlir::cast<TypeAttr>(of.attributes.at("type")).getValue())};
}

Types constant(const Application &of) {
  return SmallVector<Type>{mlir::cast<DenseElementsAttr>(of.attributes.at("value")).getType()};
}

Types inputRows(const Application &of) {
  Type element = Float32Type::get(of.attributes.at("width").getContext());
  return SmallVector<Type>{
      RankedTensorType::get({ShapedType::kDynamic, integerOf(of, "width")}, element)};
}

Types nothing(const Application &) { return SmallVector<Type>(); }

Types cached(const Application &of) {
  auto cache = dyn_cast_if_present<KvCacheType>(of.cache);
  if (!cache)
    return badInput("expected a kv_append before it in this module");
  Type rows = RankedTensorType::get({cache.getHeads(), ShapedType::kDynamic, cache.getHeadDim()},
                                    cache.getElementType());
  return SmallVector<Type>{rows, rows};
}

} // namespace graphc::results
