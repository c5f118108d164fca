// --graphc-fuse-epilogue (see Passes.td).
#include "passes/LinearParts.h"
#include "passes/Matchers.h"
#include "passes/PassCounters.h"
#include "passes/Passes.h"
#include "passes/WeightRewrite.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_FUSEEPILOGUEPASS
#include "passes/Passes.h.inc"

namespace {

/// Makes ops behind matmuls part of them, one at a time.
class EpilogueFuser : private RewriterBase::Listener {
public:
  EpilogueFuser(MLIRContext *context, WeightRewriter &weights)
      : weights(weights), rewriter(context, this) {}

  /// Fuses `op`, or says why not; nothing when no matmul stands before it.
  std::optional<Refusal> fuse(Operation *op);

  /// Whether an earlier fusion took the op away.
  bool isErased(Operation *op) const { return erased.contains(op); }

private:
  void notifyOperationErased(Operation *op) override { erased.insert(op); }

  std::optional<Refusal> fuseAdd(AddOp add);
  std::optional<Refusal> fuseGate(MulOp mul);
  std::optional<Refusal> fuseCast(CastOp cast);
  std::optional<Refusal> fuseFunction(Operation *op);

  Refusal fuseBias(AddOp add, Value product, Value bias);
  struct SliceBias;
  Refusal collectBiases(Value product, Value weight, SmallVectorImpl<SliceBias> &biases);
  WeightOp joinBiases(ArrayRef<SliceBias> biases);
  Refusal fuseSplitBias(AddOp add, SliceOp slice);
  Refusal fuseResidual(AddOp add, Value product, Value residual);
  void replace(Operation *op, Value product, const LinearParts &parts);
  void eraseUnused(Operation *op);

  WeightRewriter &weights;
  IRRewriter rewriter;
  DenseSet<Operation *> erased;
};

class FuseEpiloguePass : public impl::FuseEpiloguePassBase<FuseEpiloguePass>, public CountedPass {
public:
  void runOnOperation() override;
};

} // namespace

static bool isLinearResult(Value value) { return LinearParts::isLinear(value.getDefiningOp()); }

/// The slice of a matmul's channels that yields `value`; null for other values.
static SliceOp sliceOfLinear(Value value) {
  auto slice = value.getDefiningOp<SliceOp>();
  return slice && isLinearResult(slice.getInput()) ? slice : SliceOp();
}

static bool isVector(Value value, int64_t length) {
  return shapeOf(value).size() == 1 && shapeOf(value)[0] == length;
}

/// An epilogue is computed in f32 and rounded once.
static constexpr char kRoundedBefore[] = "mixed types: the product is rounded before its epilogue";

/// Replaces `op` and the matmul that yields `product` by a matmul with `parts`.
void EpilogueFuser::replace(Operation *op, Value product, const LinearParts &parts) {
  rewriter.setInsertionPoint(op);
  Operation *linear = product.getDefiningOp();
  Location location = fuseLocations({linear, op});
  rewriter.replaceOp(op, parts.build(rewriter, location));
  eraseUnused(linear);
}

/// Erases a pure op and then its operands' ops as far as nobody else uses them.
void EpilogueFuser::eraseUnused(Operation *op) {
  if (!op || !isOpTriviallyDead(op))
    return;
  SmallVector<Value> operands(op->getOperands());
  rewriter.eraseOp(op);
  for (Value operand : operands)
    eraseUnused(operand.getDefiningOp());
}

//===----------------------------------------------------------------------===//
// Bias and residual
//===----------------------------------------------------------------------===//

Refusal EpilogueFuser::fuseBias(AddOp add, Value product, Value bias) {
  LinearParts parts = *LinearParts::ofValue(product);
  if (!product.hasOneUse())
    return "the product has a second user";
  if (parts.hasEpilogue())
    return "the bias comes after another epilogue";
  if (!parts.resultType.getElementType().isF32())
    return kRoundedBefore;
  parts.bias = bias;
  replace(add, product, parts);
  return {};
}

Refusal EpilogueFuser::fuseResidual(AddOp add, Value product, Value residual) {
  LinearParts parts = *LinearParts::ofValue(product);
  if (!product.hasOneUse())
    return "the product has a second user";
  if (parts.residual)
    return "the matmul has a residual already";
  if (add.getType() != product.getType() || residual.getType() != product.getType())
    return "residual and product differ in shape or type";
  if (!parts.resultType.getElementType().isF32())
    return kRoundedBefore;
  parts.residual = residual;
  replace(add, product, parts);
  return {};
}

/// The bias behind one slice of a joined matmul; without one, `add` is null.
struct EpilogueFuser::SliceBias {
  AddOp add;
  Value bias;
  int64_t channels = 0;
};

/// Finds the biases behind the slices of a product, from the first channel to the last.
Refusal EpilogueFuser::collectBiases(Value product, Value weight,
                                     SmallVectorImpl<SliceBias> &biases) {
  auto split = matchChannelSplit(product);
  if (!split)
    return "the joined product is not split into disjoint slices";
  for (ChannelRange &range : *split) {
    SliceBias &found = biases.emplace_back();
    found.channels = range.end - range.begin;
    Value slice = range.slice.getResult();
    auto add = soleUser<AddOp>(slice);
    Value bias = !add ? Value() : add.getLhs() == slice ? add.getRhs() : add.getLhs();
    if (!bias || !isVector(bias, found.channels))
      continue;
    if (!weights.lookup(bias) || !haveSameLayer(bias, weight) ||
        weights.lookup(bias).getLayers() != weights.lookup(weight).getLayers())
      return "a bias is no param of the weight's layer";
    found.add = add;
    found.bias = bias;
  }
  return {};
}

/// The concatenation of the biases, with zeros for slices that have none.
WeightOp EpilogueFuser::joinBiases(ArrayRef<SliceBias> biases) {
  SmallVector<WeightOp> sources;
  SmallVector<StringRef> names;
  for (const SliceBias &bias : biases) {
    if (!bias.bias)
      continue;
    sources.push_back(weights.lookup(bias.bias));
    names.push_back(sources.back().getSymName());
  }
  auto combine = [&](OpBuilder &builder, Location location, ValueRange values) -> Value {
    SmallVector<Value> pieces;
    int64_t channels = 0;
    for (const SliceBias &bias : biases) {
      channels += bias.channels;
      if (bias.bias) {
        pieces.push_back(values.front());
        values = values.drop_front();
        continue;
      }
      auto type = RankedTensorType::get({bias.channels}, builder.getF32Type());
      pieces.push_back(
          ConstantOp::create(builder, location, cast<ElementsAttr>(builder.getZeroAttr(type))));
    }
    return ConcatOp::create(builder, location,
                            RankedTensorType::get({channels}, builder.getF32Type()), pieces,
                            /*axis=*/0);
  };
  return weights.derive(sources, joinNames(names), combine);
}

/// Adds behind the slices of a joined matmul: the biases are joined as the weights were.
Refusal EpilogueFuser::fuseSplitBias(AddOp add, SliceOp slice) {
  Value product = slice.getInput();
  LinearParts parts = *LinearParts::ofValue(product);
  if (parts.hasEpilogue())
    return "the bias comes after another epilogue";
  if (!parts.resultType.getElementType().isF32())
    return kRoundedBefore;
  if (!weights.lookup(parts.weight))
    return "the weight is no param";
  SmallVector<SliceBias> biases;
  if (Refusal refusal = collectBiases(product, parts.weight, biases); !refusal.empty())
    return refusal;
  if (llvm::none_of(biases, [&](const SliceBias &bias) { return bias.add == add; }))
    return "the slice has a second user";

  Operation *linear = product.getDefiningOp();
  SmallVector<Operation *> ops = {linear};
  for (SliceBias &bias : biases)
    ops.push_back(bias.add);
  Location location = fuseLocations(ops);
  rewriter.setInsertionPoint(linear);
  // The layer of the weight's param, which stands before the matmul; those of the biases may not.
  parts.bias = weights.use(rewriter, location, joinBiases(biases), parts.weight);
  rewriter.replaceOp(linear, parts.build(rewriter, location));
  for (SliceBias &bias : biases)
    if (AddOp user = bias.add)
      rewriter.replaceOp(user, user.getLhs() == bias.bias ? user.getRhs() : user.getLhs());
  return {};
}

std::optional<Refusal> EpilogueFuser::fuseAdd(AddOp add) {
  std::optional<Refusal> refusal;
  // The later matmul first: the other operand has to be there when it runs.
  SmallVector<std::pair<Value, Value>> orders = {{add.getLhs(), add.getRhs()},
                                                 {add.getRhs(), add.getLhs()}};
  if (isLinearResult(add.getLhs()) && isLinearResult(add.getRhs()) &&
      add.getLhs().getDefiningOp()->getBlock() == add.getRhs().getDefiningOp()->getBlock() &&
      add.getLhs().getDefiningOp()->isBeforeInBlock(add.getRhs().getDefiningOp()))
    std::swap(orders[0], orders[1]);
  for (auto [product, other] : orders) {
    if (isLinearResult(product)) {
      refusal = isVector(other, shapeOf(product).back()) ? fuseBias(add, product, other)
                                                         : fuseResidual(add, product, other);
    } else if (SliceOp slice = sliceOfLinear(product);
               slice && isVector(other, shapeOf(product).back())) {
      refusal = fuseSplitBias(add, slice);
    }
    if (refusal && refusal->empty())
      return refusal;
  }
  return refusal;
}

//===----------------------------------------------------------------------===//
// Gate, activation, cap and conversion
//===----------------------------------------------------------------------===//

/// A matmul that an activation was fused into: a gate whose other half is elsewhere.
static bool isActivatedProduct(Value value) {
  std::optional<LinearParts> parts = LinearParts::ofValue(value);
  return parts && parts->act;
}

/// act(first half) * second half of a joined matmul's channels.
std::optional<Refusal> EpilogueFuser::fuseGate(MulOp mul) {
  std::optional<ActivationMatch> activation = matchActivation(mul.getLhs());
  Value activated = mul.getLhs();
  Value up = mul.getRhs();
  if (!activation) {
    activation = matchActivation(mul.getRhs());
    std::swap(activated, up);
  }
  if (!activation && !isActivatedProduct(mul.getLhs()) && !isActivatedProduct(mul.getRhs()))
    return std::nullopt;
  if (!activation || isLinearResult(activation->input) || isLinearResult(up))
    return "gate and up are not one matmul";
  SliceOp gateSlice = sliceOfLinear(activation->input);
  SliceOp upSlice = sliceOfLinear(up);
  if (!gateSlice || !upSlice)
    return gateSlice || upSlice ? std::optional<Refusal>("gate and up are not of one matmul")
                                : std::nullopt;
  if (gateSlice.getInput() != upSlice.getInput())
    return "gate and up are of different matmuls";
  Value product = gateSlice.getInput();
  LinearParts parts = *LinearParts::ofValue(product);
  auto split = matchChannelSplit(product);
  if (!split || split->size() != 2 || gateSlice == upSlice)
    return "gate and up are not the two halves of the product";
  if (!activated.hasOneUse() || !gateSlice->hasOneUse() || !upSlice->hasOneUse())
    return "gate or up has a second user";
  if (parts.hasFunction() || parts.residual)
    return "the gate comes after another epilogue";
  if (split->front().slice != gateSlice)
    return "the gate is the second half of the product";
  if (!parts.resultType.getElementType().isF32())
    return kRoundedBefore;
  parts.gate = ActivationAttr::get(mul.getContext(), activation->activation);
  parts.resultType = cast<RankedTensorType>(mul.getType());
  replace(mul, product, parts);
  eraseUnused(activated.getDefiningOp());
  eraseUnused(upSlice);
  return Refusal();
}

std::optional<Refusal> EpilogueFuser::fuseCast(CastOp cast) {
  if (!isLinearResult(cast.getInput()))
    return std::nullopt;
  if (!cast.getInput().hasOneUse())
    return "the product has a second user";
  LinearParts parts = *LinearParts::ofValue(cast.getInput());
  if (!parts.resultType.getElementType().isF32())
    return "the product is rounded already";
  parts.resultType = mlir::cast<RankedTensorType>(cast.getType());
  replace(cast, cast.getInput(), parts);
  return Refusal();
}

/// An activation or a soft cap of a whole product.
std::optional<Refusal> EpilogueFuser::fuseFunction(Operation *op) {
  Value product = op->getOperand(0);
  if (!isLinearResult(product))
    return std::nullopt;
  if (!product.hasOneUse())
    return "the product has a second user";
  LinearParts parts = *LinearParts::ofValue(product);
  if (parts.hasFunction() || parts.residual)
    return "the function comes after another epilogue";
  if (!parts.resultType.getElementType().isF32())
    return kRoundedBefore;
  if (auto cap = dyn_cast<SoftCapOp>(op))
    parts.cap = cap.getCapAttr();
  else
    parts.act =
        ActivationAttr::get(op->getContext(), matchActivation(op->getResult(0))->activation);
  replace(op, product, parts);
  return Refusal();
}

std::optional<Refusal> EpilogueFuser::fuse(Operation *op) {
  if (auto add = dyn_cast<AddOp>(op))
    return fuseAdd(add);
  if (auto mul = dyn_cast<MulOp>(op))
    return fuseGate(mul);
  if (auto cast = dyn_cast<CastOp>(op))
    return fuseCast(cast);
  if (isa<SiluOp, ReluOp, GeluOp, SoftCapOp>(op))
    return fuseFunction(op);
  return std::nullopt;
}

void FuseEpiloguePass::runOnOperation() {
  resetCounters();
  WeightRewriter weights(getOperation());
  EpilogueFuser fuser(&getContext(), weights);
  SmallVector<Operation *> anchors;
  getOperation().walk([&](Operation *op) {
    if (isa<AddOp, MulOp, CastOp, SiluOp, ReluOp, GeluOp, SoftCapOp>(op))
      anchors.push_back(op);
  });
  for (Operation *anchor : anchors) {
    if (fuser.isErased(anchor))
      continue;
    std::optional<Refusal> refusal = fuser.fuse(anchor);
    if (refusal && refusal->empty())
      recordHit();
    else if (refusal)
      recordMiss(anchor, *refusal);
  }
  eraseDeadOps(getOperation());
  weights.eraseUnused();
}

} // namespace graphc
