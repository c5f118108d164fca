// Decompositions of FusedOps.td: the un-fused ops that each fused one stands for, in the order of
// its definition, so that both round at the same places.
#include "ir/GraphDialect.h"
#include "ir/OpRules.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace graphc;

namespace {

/// Builds un-fused ops in place of a fused one: the types of results follow from the operands.
class PartsBuilder {
public:
  PartsBuilder(OpBuilder &builder, Operation *op)
      : builder(builder), loc(op->getLoc()), guard(builder) {
    builder.setInsertionPoint(op);
  }

  static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }
  Type f32() { return builder.getF32Type(); }

  /// `value` as another element type; itself if it has it.
  Value cast(Value value, Type elementType);
  template <typename Op>
  Value binary(Value lhs, Value rhs);
  Value scale(Value value, const APFloat &factor);
  Value activation(Activation activation, Value value);
  /// Channels [begin, end) of rows.
  Value columns(Value rows, int64_t begin, int64_t end);
  /// [T, H*D] to [H, T, D].
  Value splitHeads(Value rows, int64_t heads);
  /// [H, T, D] to [T, H*D].
  Value mergeHeads(Value heads);
  /// The first numbers of each head of [H, T, D] rotated, as many as the table is wide.
  Value rotated(Value heads, Value table, Value step);
  /// [T] to [T, 1].
  Value asColumn(Value factor);
  /// 1 / sqrt(mean x^2 + eps), [T, 1] in f32.
  Value rmsFactor(Value input, const APFloat &eps);
  /// An optional vector as f32; null if it is absent.
  Value vector(Value value) { return value ? cast(value, f32()) : Value(); }
  /// The prologue's row, round(x * gamma) or the layer_norm of x.
  template <typename Op>
  Value prologue(Op op, Type elementType);
  /// Gamma as f32, of ones where there is none.
  template <typename Op>
  Value gammaOrOnes(Op op);
  template <typename Op>
  Value product(Op op, int64_t channels);

  OpBuilder &builder;
  Location loc;
  OpBuilder::InsertionGuard guard;
};

} // namespace

Value PartsBuilder::cast(Value value, Type elementType) {
  if (typeOf(value).getElementType() == elementType)
    return value;
  return CastOp::create(builder, loc, typeOf(value).clone(elementType), value);
}

template <typename Op>
Value PartsBuilder::binary(Value lhs, Value rhs) {
  auto shape = rules::broadcastShape(typeOf(lhs).getShape(), typeOf(rhs).getShape());
  return Op::create(builder, loc, RankedTensorType::get(*shape, typeOf(lhs).getElementType()), lhs,
                    rhs);
}

Value PartsBuilder::scale(Value value, const APFloat &factor) {
  return ScaleOp::create(builder, loc, value.getType(), value, builder.getFloatAttr(f32(), factor));
}

Value PartsBuilder::activation(Activation activation, Value value) {
  switch (activation) {
  case Activation::Silu:
    return SiluOp::create(builder, loc, value.getType(), value);
  case Activation::GeluTanh:
    return GeluOp::create(builder, loc, value.getType(), value, GeluForm::Tanh);
  case Activation::GeluErf:
    return GeluOp::create(builder, loc, value.getType(), value, GeluForm::Erf);
  case Activation::Relu:
    return ReluOp::create(builder, loc, value.getType(), value);
  }
  return value;
}

Value PartsBuilder::columns(Value rows, int64_t begin, int64_t end) {
  RankedTensorType type = typeOf(rows).clone({typeOf(rows).getDimSize(0), end - begin});
  return SliceOp::create(builder, loc, type, rows, /*axis=*/1, begin, end);
}

Value PartsBuilder::splitHeads(Value rows, int64_t heads) {
  const RankedTensorType type = typeOf(rows);
  const int64_t tokens = type.getDimSize(0), headDim = type.getDimSize(1) / heads;
  Value split = ReshapeOp::create(builder, loc, type.clone({tokens, heads, headDim}), rows);
  return TransposeOp::create(builder, loc, type.clone({heads, tokens, headDim}), split,
                             ArrayRef<int64_t>{1, 0, 2});
}

Value PartsBuilder::mergeHeads(Value heads) {
  const RankedTensorType type = typeOf(heads);
  const int64_t count = type.getDimSize(0), tokens = type.getDimSize(1);
  const int64_t headDim = type.getDimSize(2);
  Value rows = TransposeOp::create(builder, loc, type.clone({tokens, count, headDim}), heads,
                                   ArrayRef<int64_t>{1, 0, 2});
  return ReshapeOp::create(builder, loc, type.clone({tokens, count * headDim}), rows);
}

Value PartsBuilder::asColumn(Value factor) {
  return ReshapeOp::create(builder, loc, typeOf(factor).clone({typeOf(factor).getDimSize(0), 1}),
                           factor);
}

Value PartsBuilder::rmsFactor(Value input, const APFloat &eps) {
  Value x = cast(input, f32());
  Value squares = binary<MulOp>(x, x);
  Value mean = MeanOp::create(builder, loc, typeOf(x).clone({typeOf(x).getDimSize(0), 1}), squares);
  auto epsType = RankedTensorType::get({1}, f32());
  Value constant = ConstantOp::create(builder, loc, epsType, DenseElementsAttr::get(epsType, eps));
  Value sum = binary<AddOp>(mean, constant);
  return RsqrtOp::create(builder, loc, sum.getType(), sum);
}

template <typename Op>
Value PartsBuilder::gammaOrOnes(Op op) {
  if (op.getGamma())
    return cast(op.getGamma(), f32());
  auto type = RankedTensorType::get({typeOf(op.getInput()).getDimSize(1)}, f32());
  return ConstantOp::create(builder, loc, type, DenseElementsAttr::get(type, 1.0f));
}

template <typename Op>
Value PartsBuilder::prologue(Op op, Type elementType) {
  if (!op.getGamma() && !op.getLayerEps())
    return cast(op.getInput(), elementType);
  Value rows = cast(op.getInput(), f32());
  if (!op.getLayerEps())
    return cast(binary<MulOp>(rows, vector(op.getGamma())), elementType);
  rows = LayerNormOp::create(builder, loc, rows.getType(), rows, gammaOrOnes(op),
                             vector(op.getBeta()), op.getLayerEpsAttr());
  return cast(rows, elementType);
}

/// z = r * (round(x * gamma) W^T) + bias, [T, channels] in f32.
template <typename Op>
Value PartsBuilder::product(Op op, int64_t channels) {
  Value weight = op.getWeight();
  Type rowsType = rules::productRowsType(typeOf(op.getInput()), typeOf(weight), op.getRows());
  Value rows = prologue(op, rowsType);
  auto type = RankedTensorType::get({typeOf(rows).getDimSize(0), channels}, f32());
  Value z = LinearOp::create(builder, loc, type, rows, weight);
  if (op.getEps())
    z = binary<MulOp>(z, rmsFactor(op.getInput(), *op.getEps()));
  if (op.getRowFactor())
    z = binary<MulOp>(z, asColumn(op.getRowFactor()));
  if (op.getBias())
    z = binary<AddOp>(z, cast(op.getBias(), f32()));
  return z;
}

//===----------------------------------------------------------------------===//
// prepare_rows, fused_linear, fused_qkv
//===----------------------------------------------------------------------===//

/// Un-fused ops know neither panels nor numbers that share scales.
static bool hasNaturalFloats(RankedTensorType type) {
  return !rules::isPackedMatrix(type) && !isa<QuantType>(type.getElementType());
}

FailureOr<SmallVector<Value>> PrepareRowsOp::decompose(OpBuilder &builder) {
  if (getRows().getType().getDimSize(1) != getInput().getType().getDimSize(1))
    return failure(); // no op makes T rows of zeros
  if (!hasNaturalFloats(getRows().getType()))
    return failure();
  PartsBuilder parts(builder, *this);
  SmallVector<Value> results{parts.prologue(*this, getRows().getType().getElementType())};
  if (getFactor()) {
    Value column = parts.rmsFactor(getInput(), *getEps());
    results.push_back(ReshapeOp::create(builder, getLoc(), getFactor().getType(), column));
  }
  return results;
}

FailureOr<SmallVector<Value>> FusedLinearOp::decompose(OpBuilder &builder) {
  if (!hasNaturalFloats(getWeight().getType()))
    return failure();
  PartsBuilder parts(builder, *this);
  const int64_t width = getType().getDimSize(1);
  Value result = parts.product(*this, width * (getGate() ? 2 : 1));
  if (getGate()) {
    Value gate = parts.activation(*getGate(), parts.columns(result, 0, width));
    result = parts.binary<MulOp>(gate, parts.columns(result, width, 2 * width));
  }
  if (getAct())
    result = parts.activation(*getAct(), result);
  if (getCap())
    result = SoftCapOp::create(builder, getLoc(), result.getType(), result, getCapAttr());
  if (getResidual())
    result = parts.binary<AddOp>(result, parts.cast(getResidual(), parts.f32()));
  return SmallVector<Value>{parts.cast(result, getType().getElementType())};
}

FailureOr<SmallVector<Value>> FusedQkvOp::decompose(OpBuilder &builder) {
  if (!hasNaturalFloats(getWeight().getType()))
    return failure();
  PartsBuilder parts(builder, *this);
  const int64_t heads = getType().getDimSize(0), headDim = getType().getDimSize(2);
  const int64_t cacheHeads = getCache().getType().getHeads();
  Value z = parts.product(*this, (heads + 2 * cacheHeads) * headDim);
  int64_t head = 0;
  auto take = [&](int64_t count, bool isRotated) -> Value {
    Value rows = parts.columns(z, head * headDim, (head + count) * headDim);
    head += count;
    Value split = parts.splitHeads(rows, count);
    if (!isRotated || !getRopeTable())
      return split;
    return RopeOp::create(builder, getLoc(), split.getType(), split, getRopeTable(), getStep());
  };
  Value query = take(heads, /*isRotated=*/true);
  Value key = take(cacheHeads, /*isRotated=*/true);
  Value value = take(cacheHeads, /*isRotated=*/false);
  KvAppendOp::create(builder, getLoc(), getCache(), getStep(), key, value);
  return SmallVector<Value>{parts.cast(query, getType().getElementType())};
}

//===----------------------------------------------------------------------===//
// append_qkv, norm_add
//===----------------------------------------------------------------------===//

Value PartsBuilder::rotated(Value heads, Value table, Value step) {
  const RankedTensorType type = typeOf(heads);
  const int64_t headDim = type.getDimSize(2), width = typeOf(table).getDimSize(1);
  auto part = [&](int64_t begin, int64_t end) -> Value {
    SmallVector<int64_t> shape = {type.getDimSize(0), type.getDimSize(1), end - begin};
    return SliceOp::create(builder, loc, type.clone(shape), heads, /*axis=*/2, begin, end);
  };
  if (width == headDim)
    return RopeOp::create(builder, loc, type, heads, table, step);
  Value turned = part(0, width);
  turned = RopeOp::create(builder, loc, turned.getType(), turned, table, step);
  return ConcatOp::create(builder, loc, type, ValueRange{turned, part(width, headDim)}, 2);
}

FailureOr<SmallVector<Value>> AppendQkvOp::decompose(OpBuilder &builder) {
  PartsBuilder parts(builder, *this);
  const int64_t headDim = getType().getDimSize(2), cacheHeads = getCache().getType().getHeads();
  auto headsOf = [&](Value rows, int64_t offset, int64_t heads, Value gamma) -> Value {
    Value channels = parts.columns(rows, offset, offset + heads * headDim);
    Value split = parts.splitHeads(parts.cast(channels, parts.f32()), heads);
    if (!gamma)
      return split;
    return RmsNormOp::create(builder, getLoc(), split.getType(), split, parts.vector(gamma),
                             getEpsAttr());
  };
  auto rotated = [&](Value heads) {
    return getRopeTable() ? parts.rotated(heads, getRopeTable(), getStep()) : heads;
  };
  Value query =
      rotated(headsOf(getQueryRows(), getQueryOffset(), getType().getDimSize(0), getQueryGamma()));
  Value key = rotated(headsOf(getKeyRows(), getKeyOffset(), cacheHeads, getKeyGamma()));
  Value value = headsOf(getValueRows(), getValueOffset(), cacheHeads, Value());
  KvAppendOp::create(builder, getLoc(), getCache(), getStep(), key, value);
  return SmallVector<Value>{parts.cast(query, getType().getElementType())};
}

FailureOr<SmallVector<Value>> NormAddOp::decompose(OpBuilder &builder) {
  PartsBuilder parts(builder, *this);
  Value x = parts.cast(getInput(), parts.f32());
  Value norm =
      RmsNormOp::create(builder, getLoc(), x.getType(), x, parts.vector(getGamma()), getEpsAttr());
  Value sum = parts.binary<AddOp>(parts.cast(getResidual(), parts.f32()), norm);
  return SmallVector<Value>{parts.cast(sum, getType().getElementType())};
}

//===----------------------------------------------------------------------===//
// flash_attention
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Value>> FlashAttentionOp::decompose(OpBuilder &builder) {
  PartsBuilder parts(builder, *this);
  const KvCacheType cache = getCache().getType();
  const RankedTensorType queryType = getQuery().getType();
  const Type compute = queryType.getElementType();
  const int64_t heads = queryType.getDimSize(0), group = heads / cache.getHeads();
  const int64_t rows = ShapedType::kDynamic;

  auto cacheType =
      RankedTensorType::get({cache.getHeads(), rows, cache.getHeadDim()}, cache.getReadType());
  auto read = KvReadOp::create(builder, getLoc(), cacheType, cacheType, getCache(), getStep());
  auto perQueryHead = [&](Value stored) -> Value {
    Value converted = parts.cast(stored, compute);
    if (group == 1)
      return converted;
    auto type = parts.typeOf(converted).clone({heads, rows, cache.getHeadDim()});
    return RepeatOp::create(builder, getLoc(), type, converted, /*axis=*/0, group);
  };
  Value keys = perQueryHead(read.getKey()), values = perQueryHead(read.getValue());

  auto scoreType = RankedTensorType::get({heads, rows, rows}, parts.f32());
  Value scores = BatchMatmulOp::create(builder, getLoc(), scoreType, getQuery(), keys,
                                       /*transpose_b=*/true);
  scores = parts.scale(scores, getScale());
  if (getSoftCap())
    scores = SoftCapOp::create(builder, getLoc(), scoreType, scores, getSoftCapAttr());
  scores = MaskOp::create(builder, getLoc(), scoreType, scores, getStep(), getWindowAttr());
  Value weights = SoftmaxOp::create(builder, getLoc(), scoreType, scores, /*axis=*/2);
  Value mixed = BatchMatmulOp::create(builder, getLoc(),
                                      RankedTensorType::get(queryType.getShape(), parts.f32()),
                                      parts.cast(weights, compute), values,
                                      /*transpose_b=*/false);
  return SmallVector<Value>{parts.cast(parts.mergeHeads(mixed), getType().getElementType())};
}
