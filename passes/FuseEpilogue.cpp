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
  std::optional<Refusal> refuseActivation(Operation *op);

  Refusal fuseBias(AddOp add, Value product, Value bias);
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
  if (add.getType() != product.getType() ||
      elementTypeOf(bias) != parts.resultType.getElementType())
    return "mixed types: bias and product differ";
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
  parts.residual = residual;
  replace(add, product, parts);
  return {};
}

/// Adds behind the slices of a joined matmul: the biases are joined as the weights were. A slice
/// without a bias gets zeros.
Refusal EpilogueFuser::fuseSplitBias(AddOp add, SliceOp slice) {
  Value product = slice.getInput();
  LinearParts parts = *LinearParts::ofValue(product);
  if (parts.hasEpilogue())
    return "the bias comes after another epilogue";
  auto split = matchChannelSplit(product);
  if (!split)
    return "the joined product is not split into disjoint slices";
  struct Part {
    AddOp add;
    Value bias;
    int64_t channels;
  };
  SmallVector<Part> biases;
  SmallVector<WeightOp> sources;
  SmallVector<StringRef> names;
  for (const ChannelRange &range : *split) {
    Part &part = biases.emplace_back(Part{{}, {}, range.end - range.begin});
    SliceOp one = range.slice;
    auto user = soleUser<AddOp>(one.getResult());
    if (!user)
      continue;
    Value other = user.getLhs() == one.getResult() ? user.getRhs() : user.getLhs();
    if (!isVector(other, part.channels))
      continue;
    WeightOp weight = weights.lookup(other);
    if (!weight || !haveSameLayer(other, parts.weight))
      return "a bias is no param of the weight's layer";
    if (elementTypeOf(other) != parts.resultType.getElementType())
      return "mixed types: bias and product differ";
    if (!sources.empty() && weight.getLayers() != sources[0].getLayers())
      return "biases are of different layers";
    part.add = user;
    part.bias = other;
    sources.push_back(weight);
    names.push_back(weight.getSymName());
  }
  if (!llvm::any_of(biases, [&](const Part &part) { return part.add == add; }))
    return "the slice has a second user";

  WeightOp joined = weights.derive(
      sources, joinNames(names), [&](OpBuilder &builder, Location location, ValueRange values) {
        SmallVector<Value> pieces;
        for (const Part &part : biases) {
          if (part.add) {
            pieces.push_back(values.front());
            values = values.drop_front();
            continue;
          }
          auto type = RankedTensorType::get({part.channels}, parts.resultType.getElementType());
          pieces.push_back(
              ConstantOp::create(builder, location, cast<ElementsAttr>(builder.getZeroAttr(type))));
        }
        auto type = RankedTensorType::get({parts.channels()}, parts.resultType.getElementType());
        return ConcatOp::create(builder, location, type, pieces, /*axis=*/0);
      });
  Operation *linear = product.getDefiningOp();
  rewriter.setInsertionPoint(linear);
  SmallVector<Operation *> ops = {linear};
  for (const Part &part : biases)
    if (part.add)
      ops.push_back(part.add);
  Location location = fuseLocations(ops);
  // The layer of the weight's param, which stands before the matmul; those of the biases may not.
  parts.bias = weights.use(rewriter, location, joined, parts.weight);
  rewriter.replaceOp(linear, parts.build(rewriter, location));
  for (const Part &part : biases)
    if (AddOp user = part.add)
      rewriter.replaceOp(user, user.getLhs() == part.bias ? user.getRhs() : user.getLhs());
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
// Gate and conversion
//===----------------------------------------------------------------------===//

/// act(first half) * second half of a joined matmul's channels.
std::optional<Refusal> EpilogueFuser::fuseGate(MulOp mul) {
  std::optional<ActivationMatch> activation = matchActivation(mul.getLhs());
  Value activated = mul.getLhs();
  Value up = mul.getRhs();
  if (!activation) {
    activation = matchActivation(mul.getRhs());
    std::swap(activated, up);
  }
  if (!activation)
    return std::nullopt;
  if (isLinearResult(activation->input) || isLinearResult(up))
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
  if (parts.gate || parts.residual)
    return "the gate comes after another epilogue";
  if (split->front().slice != gateSlice)
    return "the gate is the second half of the product";
  if (elementTypeOf(mul.getResult()) != parts.resultType.getElementType())
    return "mixed types: gate and product differ";
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

/// An activation of a whole product: matmuls have only gates.
std::optional<Refusal> EpilogueFuser::refuseActivation(Operation *op) {
  auto activation = matchActivation(op->getResult(0));
  if (!activation || !isLinearResult(activation->input))
    return std::nullopt;
  if (soleUser<MulOp>(op->getResult(0)))
    return std::nullopt; // The product says why.
  return "an activation without a gate is no epilogue of fused_linear";
}

std::optional<Refusal> EpilogueFuser::fuse(Operation *op) {
  if (auto add = dyn_cast<AddOp>(op))
    return fuseAdd(add);
  if (auto mul = dyn_cast<MulOp>(op))
    return fuseGate(mul);
  if (auto cast = dyn_cast<CastOp>(op))
    return fuseCast(cast);
  if (isa<SiluOp, ReluOp, GeluOp>(op))
    return refuseActivation(op);
  return std::nullopt;
}

void FuseEpiloguePass::runOnOperation() {
  resetCounters();
  WeightRewriter weights(getOperation());
  EpilogueFuser fuser(&getContext(), weights);
  SmallVector<Operation *> anchors;
  getOperation().walk([&](Operation *op) {
    if (isa<AddOp, MulOp, CastOp, SiluOp, ReluOp, GeluOp>(op))
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
