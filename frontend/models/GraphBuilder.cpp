#include "frontend/models/GraphBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

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

static Type typeOf(const WeightForm &form, MLIRContext *context) {
  if (!form.quant)
    return typeOf(form.type, context);
  const QuantFormat &format = *form.quant;
  const auto sign = format.hasMinimum ? IntegerType::Unsigned : IntegerType::Signless;
  return QuantType::get(context, IntegerType::get(context, unsigned(format.bits), sign),
                        Float16Type::get(context), format.group, format.superGroup,
                        format.isNonlinear ? IntegerSet::Nonlinear : IntegerSet::Linear);
}

void GraphBuilder::declareWeight(const WeightSpec &spec, const WeightForm &form) {
  RankedTensorType type = f32Tensor(spec.shape);
  Location loc = named(spec.symbol);
  builder.setInsertionPointToEnd(module.getBody());
  auto weight = WeightOp::create(builder, loc, spec.symbol, spec.layers, type);
  builder.setInsertionPointToEnd(&weight.getBody().front());
  const std::vector<int64_t> tensorShape = spec.tensorShape();
  Type stored = typeOf(form, builder.getContext());
  Value value = CheckpointOp::create(builder, loc, RankedTensorType::get(tensorShape, stored),
                                     spec.tensor, weight.getLayer());
  if (!stored.isF32())
    value = CastOp::create(builder, loc, f32Tensor(tensorShape), value);
  if (spec.tensorRows != 0)
    value =
        SliceOp::create(builder, loc, type, value, 0, spec.firstRow, spec.firstRow + spec.shape[0]);
  if (spec.offset != 0) {
    auto number = DenseElementsAttr::get(f32Tensor({1}), static_cast<float>(spec.offset));
    value = AddOp::create(builder, loc, type, value, ConstantOp::create(builder, loc, number));
  }
  YieldOp::create(builder, loc, value);
  weightTypes[spec.symbol] = type;
}

void GraphBuilder::declareRopeTable(StringRef symbol, const RopeFrequencies &frequencies,
                                    int64_t context) {
  RankedTensorType type =
      f32Tensor({context, 2 * static_cast<int64_t>(frequencies.inverse.size())});
  Location loc = named(symbol);
  builder.setInsertionPointToEnd(module.getBody());
  auto weight = WeightOp::create(builder, loc, symbol, 1, type);
  builder.setInsertionPointToEnd(&weight.getBody().front());
  Value table = RopeTableOp::create(builder, loc, type, frequencies.inverse);
  if (frequencies.scale != 1)
    table = scale(table, frequencies.scale, symbol);
  YieldOp::create(builder, loc, table);
  weightTypes[symbol] = type;
}

bool GraphBuilder::hasWeight(StringRef symbol) const { return weightTypes.contains(symbol); }

void GraphBuilder::setKinds(std::vector<SymbolsOfKind> symbols, std::vector<size_t> ofLayer) {
  symbolsOfKind = std::move(symbols);
  kindOfLayer = std::move(ofLayer);
}

Value GraphBuilder::param(StringRef weight) {
  StringRef symbol = weight;
  if (symbols)
    if (auto found = symbols->find(weight.str()); found != symbols->end())
      symbol = found->second;
  return ParamOp::create(builder, named(weight), weightTypes.at(symbol), symbol, layer);
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

Value GraphBuilder::beginLayer(StringRef name, int64_t hidden, KvCacheType cacheType, size_t kind) {
  symbols = &symbolsOfKind[kind];
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
  symbols = nullptr;
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

Value GraphBuilder::layerNorm(Value x, StringRef weight, double epsilon) {
  return LayerNormOp::create(builder, named(weight), x.getType(), x, param(weight),
                             param((weight + ".bias").str()),
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

Value GraphBuilder::scale(Value x, double factor, StringRef name) {
  return ScaleOp::create(builder, named(name), x.getType(), x,
                         builder.getF32FloatAttr(static_cast<float>(factor)));
}

Value GraphBuilder::softCap(Value x, double cap, StringRef name) {
  return SoftCapOp::create(builder, named(name), x.getType(), x,
                           builder.getF32FloatAttr(static_cast<float>(cap)));
}

Value GraphBuilder::selectRows(Value x) {
  return SelectRowsOp::create(builder, named("select_rows"), x.getType(), x, step);
}

Value GraphBuilder::mlp(Value x, StringRef prefix, HiddenActivation kind) {
  auto name = [&](StringRef part) { return (prefix + "." + part).str(); };
  if (!hasWeight(name("gate")))
    return linear(activation(kind, linear(x, name("up"))), name("down"));
  Value gate = linear(x, name("gate"));
  Value up = linear(x, name("up"));
  Value active = activation(kind, gate);
  Value product = MulOp::create(builder, named(name("mul")), up.getType(), active, up);
  return linear(product, name("down"));
}

// [T, H*D] -> [H, T, D], with a norm of each head where its weight is declared
Value GraphBuilder::splitHeads(Value x, int64_t heads, const AttentionSpec &spec, StringRef name) {
  const int64_t any = ShapedType::kDynamic;
  Value apart = ReshapeOp::create(builder, named(name), f32Tensor({any, heads, spec.headDim}), x);
  std::string norm = (name + ".norm").str();
  if (hasWeight(norm))
    apart = rmsNorm(apart, norm, spec.normEpsilon);
  return TransposeOp::create(builder, named(name), f32Tensor({heads, any, spec.headDim}), apart,
                             ArrayRef<int64_t>{1, 0, 2});
}

/// Turns as many of each head's numbers as the table is wide.
Value GraphBuilder::rotate(Value x, Value table, StringRef name) {
  auto type = cast<RankedTensorType>(x.getType());
  const int64_t headDim = type.getDimSize(2);
  const int64_t width = cast<RankedTensorType>(table.getType()).getDimSize(1);
  auto part = [&](int64_t begin, int64_t end) -> Value {
    auto partType = f32Tensor({type.getDimSize(0), ShapedType::kDynamic, end - begin});
    return SliceOp::create(builder, named(name), partType, x, 2, begin, end);
  };
  Value turned = width == headDim ? x : part(0, width);
  turned = RopeOp::create(builder, named(name), turned.getType(), turned, table, step);
  if (width == headDim)
    return turned;
  return ConcatOp::create(builder, named(name), type, ValueRange{turned, part(width, headDim)}, 2);
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

Value GraphBuilder::attention(Value x, StringRef prefix, const AttentionSpec &spec) {
  auto name = [&](StringRef part) { return (prefix + "." + part).str(); };
  Value q = linear(x, name("q"));
  Value k = linear(x, name("k"));
  Value v = linear(x, name("v"));
  Value table = sharedParam(spec.ropeTable); // One value: fused_qkv rotates both by the same.
  q = rotate(splitHeads(q, spec.heads, spec, name("q")), table, name("q.rope"));
  k = rotate(splitHeads(k, spec.kvHeads, spec, name("k")), table, name("k.rope"));
  v = splitHeads(v, spec.kvHeads, spec, name("v"));
  KvAppendOp::create(builder, named(name("append")), cache, step, k, v);
  return linear(mergeHeads(attend(q, prefix, spec), name("merge")), name("o"));
}

/// The step's queries over all that is cached.
Value GraphBuilder::attend(Value q, StringRef prefix, const AttentionSpec &spec) {
  auto name = [&](StringRef part) { return (prefix + "." + part).str(); };
  const int64_t any = ShapedType::kDynamic;
  Type cached = f32Tensor({spec.kvHeads, any, spec.headDim});
  auto read = KvReadOp::create(builder, named(name("read")), cached, cached, cache, step);
  Value keys = read.getKey(), values = read.getValue();
  if (spec.kvHeads != spec.heads) {
    Type repeated = f32Tensor({spec.heads, any, spec.headDim});
    int64_t group = spec.heads / spec.kvHeads;
    keys = RepeatOp::create(builder, named(name("repeat")), repeated, keys, 0, group);
    values = RepeatOp::create(builder, named(name("repeat")), repeated, values, 0, group);
  }
  Type scoreType = f32Tensor({spec.heads, any, any});
  Value scores = BatchMatmulOp::create(builder, named(name("scores")), scoreType, q, keys, true);
  scores = scale(scores, spec.scale, name("scale"));
  if (spec.softCap)
    scores = softCap(scores, *spec.softCap, name("cap"));
  IntegerAttr window = spec.window ? builder.getI64IntegerAttr(*spec.window) : IntegerAttr();
  scores = MaskOp::create(builder, named(name("mask")), scoreType, scores, step, window);
  Value weights = SoftmaxOp::create(builder, named(name("softmax")), scoreType, scores, 2);
  return BatchMatmulOp::create(builder, named(name("mix")), q.getType(), weights, values, false);
}

} // namespace graphc
