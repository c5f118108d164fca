#include "frontend/models/GraphBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;

namespace graphc {

GraphBuilder::GraphBuilder(ModuleOp module)
    : module(module), builder(OpBuilder::atBlockEnd(module.getBody())) {}

Location GraphBuilder::named(const Twine &name) const {
  return NameLoc::get(StringAttr::get(builder.getContext(), name));
}

RankedTensorType GraphBuilder::f32Tensor(ArrayRef<int64_t> shape) const {
  return RankedTensorType::get(shape, Float32Type::get(builder.getContext()));
}

static Type typeOf(ElementType type, MLIRContext *context) {
  switch (type) {
  case ElementType::F16:
    return Float16Type::get(context);
  case ElementType::BF16:
    return BFloat16Type::get(context);
  default:
    return Float32Type::get(context);
  }
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

void GraphBuilder::declareWeight(const WeightSpec &spec, ElementType storedType) {
  RankedTensorType type = f32Tensor(spec.shape);
  Location loc = named(spec.symbol);
  builder.setInsertionPointToEnd(module.getBody());
  auto weight = WeightOp::create(builder, loc, spec.symbol, spec.layers, type);
  builder.setInsertionPointToEnd(&weight.getBody().front());
  Value value =
      CheckpointOp::create(builder, loc, type.clone(typeOf(storedType, builder.getContext())),
                           spec.tensor, weight.getLayer());
  if (storedType != ElementType::F32)
    value = CastOp::create(builder, loc, type, value);
  YieldOp::create(builder, loc, value);
  weightTypes[spec.symbol] = type;
}

void GraphBuilder::declareRopeTable(StringRef symbol, ArrayRef<double> inverseFrequencies,
                                    int64_t context) {
  RankedTensorType type = f32Tensor({context, 2 * static_cast<int64_t>(inverseFrequencies.size())});
  Location loc = named(symbol);
  builder.setInsertionPointToEnd(module.getBody());
  auto weight = WeightOp::create(builder, loc, symbol, 1, type);
  builder.setInsertionPointToEnd(&weight.getBody().front());
  Value table = RopeTableOp::create(builder, loc, type, inverseFrequencies);
  YieldOp::create(builder, loc, table);
  weightTypes[symbol] = type;
}

bool GraphBuilder::hasWeight(StringRef symbol) const { return weightTypes.contains(symbol); }

Value GraphBuilder::param(StringRef weight) {
  return ParamOp::create(builder, named(weight), weightTypes.at(weight), weight, layer);
}

Value GraphBuilder::sharedParam(StringRef weight) {
  if (!layerZero) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&function.getBody().front());
    layerZero = arith::ConstantIndexOp::create(builder, function.getLoc(), 0);
  }
  return ParamOp::create(builder, named(weight), weightTypes.at(weight), weight, layerZero);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

Value GraphBuilder::beginLayer(StringRef name, int64_t hidden, KvCacheType cacheType) {
  Type x = f32Tensor({ShapedType::kDynamic, hidden});
  Type stepType = StepType::get(builder.getContext());
  builder.setInsertionPointToEnd(module.getBody());
  function = func::FuncOp::create(
      builder, named(name), name,
      builder.getFunctionType({x, stepType, cacheType, builder.getIndexType()}, {x}));
  function.setPrivate();
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToEnd(body);
  step = body->getArgument(1);
  cache = body->getArgument(2);
  layer = body->getArgument(3);
  layerZero = {};
  return body->getArgument(0);
}

void GraphBuilder::beginStep(int64_t width) {
  Type stepType = StepType::get(builder.getContext());
  Type result = f32Tensor({ShapedType::kDynamic, width});
  builder.setInsertionPointToEnd(module.getBody());
  function = func::FuncOp::create(builder, named("step"), "step",
                                  builder.getFunctionType({stepType}, {result}));
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToEnd(body);
  step = body->getArgument(0);
  cache = {};
  layerZero = arith::ConstantIndexOp::create(builder, function.getLoc(), 0);
  layer = layerZero;
}

void GraphBuilder::finish(Value result) {
  func::ReturnOp::create(builder, function.getLoc(), result);
}

Value GraphBuilder::callLayer(StringRef name, Value x, KvCacheType cacheType, int64_t index) {
  Location loc = named("layer." + Twine(index));
  Value layerCache = KvLayerOp::create(builder, loc, cacheType, index);
  Value number = arith::ConstantIndexOp::create(builder, loc, index);
  return func::CallOp::create(builder, loc, name, x.getType(),
                              ValueRange{x, step, layerCache, number})
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

Value GraphBuilder::embedding(StringRef weight) {
  int64_t hidden = weightTypes.at(weight).getDimSize(1);
  return EmbeddingOp::create(builder, named(weight), f32Tensor({ShapedType::kDynamic, hidden}),
                             param(weight), step);
}

Value GraphBuilder::rmsNorm(Value x, StringRef weight, double epsilon) {
  return RmsNormOp::create(builder, named(weight), x.getType(), x, param(weight),
                           builder.getF32FloatAttr(static_cast<float>(epsilon)));
}

Value GraphBuilder::linear(Value x, StringRef weight) {
  int64_t width = weightTypes.at(weight).getDimSize(0);
  Value y = LinearOp::create(builder, named(weight), f32Tensor({ShapedType::kDynamic, width}), x,
                             param(weight));
  std::string bias = (weight + ".bias").str();
  if (!hasWeight(bias))
    return y;
  return AddOp::create(builder, named(bias), y.getType(), y, param(bias));
}

Value GraphBuilder::add(Value a, Value b, StringRef name) {
  return AddOp::create(builder, named(name), a.getType(), a, b);
}

Value GraphBuilder::activation(HiddenActivation kind, Value x) {
  Location loc = named("mlp.act");
  switch (kind) {
  case HiddenActivation::Silu:
    return SiluOp::create(builder, loc, x.getType(), x);
  case HiddenActivation::GeluTanh:
    return GeluOp::create(builder, loc, x.getType(), x, GeluForm::Tanh);
  case HiddenActivation::GeluErf:
    return GeluOp::create(builder, loc, x.getType(), x, GeluForm::Erf);
  case HiddenActivation::Relu:
    return ReluOp::create(builder, loc, x.getType(), x);
  }
  return {};
}

Value GraphBuilder::selectRows(Value x) {
  return SelectRowsOp::create(builder, named("select_rows"), x.getType(), x, step);
}

Value GraphBuilder::gatedMlp(Value x, StringRef prefix, HiddenActivation kind) {
  Value gate = linear(x, (prefix + ".gate").str());
  Value up = linear(x, (prefix + ".up").str());
  Value active = activation(kind, gate);
  Value product = MulOp::create(builder, named(prefix + ".mul"), up.getType(), active, up);
  return linear(product, (prefix + ".down").str());
}

// [T, H*D] -> [H, T, D]
Value GraphBuilder::splitHeads(Value x, int64_t heads, int64_t headDim, StringRef name) {
  Value apart =
      ReshapeOp::create(builder, named(name), f32Tensor({ShapedType::kDynamic, heads, headDim}), x);
  return TransposeOp::create(builder, named(name),
                             f32Tensor({heads, ShapedType::kDynamic, headDim}), apart,
                             ArrayRef<int64_t>{1, 0, 2});
}

// [H, T, D] -> [T, H*D]
Value GraphBuilder::mergeHeads(Value x, StringRef name) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t heads = type.getDimSize(0), headDim = type.getDimSize(2);
  Value rows =
      TransposeOp::create(builder, named(name), f32Tensor({ShapedType::kDynamic, heads, headDim}),
                          x, ArrayRef<int64_t>{1, 0, 2});
  return ReshapeOp::create(builder, named(name), f32Tensor({ShapedType::kDynamic, heads * headDim}),
                           rows);
}

Value GraphBuilder::attention(Value x, StringRef prefix, const AttentionShape &shape,
                              StringRef ropeTable) {
  auto [heads, kvHeads, headDim] = shape;
  auto name = [&](StringRef part) { return (prefix + "." + part).str(); };
  int64_t any = ShapedType::kDynamic;
  Value table = sharedParam(ropeTable);
  auto rotate = [&](Value rows, StringRef part) -> Value {
    return RopeOp::create(builder, named(name(part)), rows.getType(), rows, table, step);
  };

  Value q = linear(x, name("q"));
  Value k = linear(x, name("k"));
  Value v = linear(x, name("v"));
  q = rotate(splitHeads(q, heads, headDim, name("q")), "q.rope");
  k = rotate(splitHeads(k, kvHeads, headDim, name("k")), "k.rope");
  v = splitHeads(v, kvHeads, headDim, name("v"));
  KvAppendOp::create(builder, named(name("append")), cache, step, k, v);

  Type cached = f32Tensor({kvHeads, any, headDim});
  auto read = KvReadOp::create(builder, named(name("read")), cached, cached, cache, step);
  Value keys = read.getKey(), values = read.getValue();
  if (kvHeads != heads) {
    Type repeated = f32Tensor({heads, any, headDim});
    int64_t group = heads / kvHeads;
    keys = RepeatOp::create(builder, named(name("repeat")), repeated, keys, 0, group);
    values = RepeatOp::create(builder, named(name("repeat")), repeated, values, 0, group);
  }
  Type scoreType = f32Tensor({heads, any, any});
  Value scores = BatchMatmulOp::create(builder, named(name("scores")), scoreType, q, keys, true);
  float scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(headDim)));
  scores = ScaleOp::create(builder, named(name("scale")), scoreType, scores,
                           builder.getF32FloatAttr(scale));
  scores = MaskOp::create(builder, named(name("mask")), scoreType, scores, step, IntegerAttr());
  Value weights = SoftmaxOp::create(builder, named(name("softmax")), scoreType, scores, 2);
  Value mixed =
      BatchMatmulOp::create(builder, named(name("mix")), q.getType(), weights, values, false);
  return linear(mergeHeads(mixed, name("merge")), name("o"));
}

} // namespace graphc
