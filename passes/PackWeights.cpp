// --graphc-pack-weights (see Passes.td).
#include "passes/LinearParts.h"
#include "passes/Matchers.h"
#include "passes/Passes.h"
#include "passes/WeightRewrite.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_PACKWEIGHTSPASS
#include "passes/Passes.h.inc"

namespace {

/// How a use wants its weight.
enum class Form {
  Natural, ///< as it is
  Either,  ///< rows of a table: natural, or panels without groups
  Panels,
};

struct Want {
  Form form = Form::Natural;
  int64_t groups = 0;
};

class PackWeightsPass : public impl::PackWeightsPassBase<PackWeightsPass> {
public:
  void runOnOperation() override;

private:
  LogicalResult packUses(WeightOp weight, ArrayRef<OpOperand *> uses, WeightRewriter &weights);
};

} // namespace

static bool isPacked(Value value) { return shapeOf(value).size() == 4; }

/// Groups of a matmul's channels whose halves belong together (see PanelLayout.h).
static int64_t groupsOf(FusedLinearOp linear) { return linear.getGate() ? 1 : 0; }

static int64_t groupsOf(FusedQkvOp qkv) {
  return shapeOf(qkv.getQuery())[0] + 2 * qkv.getCache().getType().getHeads();
}

template <typename Op>
static Want wantOfMatmul(Op op, Value used) {
  if (used == op.getWeight() || used == op.getBias())
    return {Form::Panels, groupsOf(op)};
  return {};
}

static Want wantOf(OpOperand &use) {
  if (auto linear = dyn_cast<FusedLinearOp>(use.getOwner()))
    return wantOfMatmul(linear, use.get());
  if (auto qkv = dyn_cast<FusedQkvOp>(use.getOwner()))
    return wantOfMatmul(qkv, use.get());
  // Numbers that share scales stand in panels only.
  if (isa<EmbeddingOp>(use.getOwner()) && use.getOperandNumber() == 0)
    return {isa<QuantType>(elementTypeOf(use.get())) ? Form::Panels : Form::Either, 0};
  return {};
}

/// Packs a weight for its uses: in place when all want the same, else as a new weight beside it.
LogicalResult PackWeightsPass::packUses(WeightOp weight, ArrayRef<OpOperand *> uses,
                                        WeightRewriter &weights) {
  llvm::MapVector<int64_t, SmallVector<OpOperand *>> byGroups;
  SmallVector<OpOperand *> either;
  bool natural = false;
  for (OpOperand *use : uses) {
    const Want want = wantOf(*use);
    if (want.form == Form::Panels)
      byGroups[want.groups].push_back(use);
    else if (want.form == Form::Either)
      either.push_back(use);
    else
      natural = true;
  }
  if (byGroups.contains(0))
    byGroups[0].append(either);
  else
    natural |= !either.empty();

  RankedTensorType type = weight.getTensorType();
  if (byGroups.empty() || type.getRank() > 2)
    return success();
  for (OpOperand *use : uses)
    if (isProductWeight(*use) && elementTypeOf(use->getOwner()->getOperand(0)).isF16())
      return use->getOwner()->emitOpError()
             << "expected rows of f32, bf16 or integers but got f16; run graphc-assign-precision "
             << "first";
  const bool inPlace = byGroups.size() == 1 && !natural;
  for (auto &[groups, operands] : byGroups) {
    auto pack = [&, groups = groups](OpBuilder &builder, Location location, ValueRange values) {
      return PackOp::create(builder, location, PackOp::packedType(type, groups), values[0],
                            builder.getI64IntegerAttr(groups));
    };
    if (inPlace) {
      weights.transform(weight, pack);
      return success();
    }
    WeightOp packed = weights.derive(weight, (weight.getSymName() + ".packed").str(), pack);
    for (OpOperand *operand : operands) {
      OpBuilder builder(operand->getOwner());
      operand->set(weights.use(builder, operand->get().getLoc(), packed, operand->get()));
    }
  }
  return success();
}

void PackWeightsPass::runOnOperation() {
  // Linears of other shapes than rows have no matmul kernel and keep their natural weight.
  LinearParts::fuseAll(getOperation());
  WeightRewriter weights(getOperation());
  llvm::MapVector<WeightOp, SmallVector<OpOperand *>> uses;
  WalkResult result = getOperation().walk([&](Operation *op) {
    for (OpOperand &operand : op->getOpOperands()) {
      if (WeightOp weight = weights.lookup(operand.get()))
        uses[weight].push_back(&operand);
      else if (wantOf(operand).form == Form::Panels && !isPacked(operand.get()))
        return WalkResult(op->emitOpError()
                          << "expected operand " << operand.getOperandNumber()
                          << " to be a graphc.param: only weights can be laid out in panels");
    }
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return signalPassFailure();
  for (auto &[weight, operands] : uses)
    if (failed(packUses(weight, operands, weights)))
      return signalPassFailure();
  eraseDeadOps(getOperation());
  weights.eraseUnused();
}

} // namespace graphc
