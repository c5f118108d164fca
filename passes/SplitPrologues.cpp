// --graphc-split-prologues (see Passes.td).
#include "ir/OpRules.h"
#include "passes/Matchers.h"
#include "passes/Passes.h"
#include "passes/PreparedRows.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_SPLITPROLOGUESPASS
#include "passes/Passes.h.inc"

namespace {

class SplitProloguesPass : public impl::SplitProloguesPassBase<SplitProloguesPass> {
public:
  void runOnOperation() override;

private:
  template <typename Op>
  void split(Op op);
  template <typename Op>
  PrepareRowsOp prepare(Op op, Type rowsType, int64_t offset);

  /// What was prepared in a block: matmuls of the same rows share it.
  using Key = std::tuple<Block *, Value, Value, Value, Attribute, Attribute, Attribute, int64_t>;
  DenseMap<Key, PrepareRowsOp> prepared;
  /// The last of those of the same rows.
  DenseMap<std::pair<Block *, Value>, PrepareRowsOp> lastOf;
};

} // namespace

/// The type of rows that a matmul kernel reads: whole groups of a quantized weight.
static Type preparedType(Value input, Type elementType, Type weightType) {
  auto quant = dyn_cast<QuantType>(weightType);
  const int64_t columns = roundUp(shapeOf(input)[1], quant ? quant.getFormat().blockColumns() : 1);
  auto quantRows = dyn_cast<QuantType>(elementType);
  const int64_t width = quantRows ? preparedWidth(columns, quantRows.getRowFormat())
                                  : preparedWidth(columns, elementType.getIntOrFloatBitWidth() / 8);
  return RankedTensorType::get({shapeOf(input)[0], width}, elementType);
}

/// What the sums of quantized rows are for; see QuantFormat.
static int64_t offsetOf(Type rowsType, Type weightType) {
  return isa<QuantType>(rowsType) ? cast<QuantType>(weightType).getFormat().rowOffset() : 0;
}

/// Whether a value, if there is one, is there when `op` runs.
static bool isBefore(Value value, Operation *op) {
  Operation *definition = value ? value.getDefiningOp() : nullptr;
  return !definition || definition->getBlock() != op->getBlock() || definition->isBeforeInBlock(op);
}

template <typename Op>
PrepareRowsOp SplitProloguesPass::prepare(Op op, Type rowsType, int64_t offset) {
  Value input = op.getInput();
  PrepareRowsOp &rows =
      prepared[{op->getBlock(), input, op.getGamma(), op.getBeta(), op.getEpsAttr(),
                op.getLayerEpsAttr(), TypeAttr::get(rowsType), offset}];
  if (rows)
    return rows;
  // Right behind the last one of the same input, if all is there: matmuls that read rows of several
  // types then have nothing between them that keeps them from running together.
  PrepareRowsOp &last = lastOf[{op->getBlock(), input}];
  OpBuilder builder(op);
  if (last && isBefore(op.getGamma(), last) && isBefore(op.getBeta(), last))
    builder.setInsertionPointAfter(last);
  Type factorType =
      op.getEps() ? RankedTensorType::get({shapeOf(input)[0]}, builder.getF32Type()) : Type();
  rows = PrepareRowsOp::create(builder, op->getLoc(), rowsType, factorType, input, op.getGamma(),
                               op.getBeta(), op.getEpsAttr(), op.getLayerEpsAttr(),
                               builder.getI64IntegerAttr(offset));
  last = rows;
  return rows;
}

template <typename Op>
void SplitProloguesPass::split(Op op) {
  if (op.getInput().template getDefiningOp<PrepareRowsOp>())
    return;
  Type weightType = elementTypeOf(op.getWeight());
  Type elementType =
      rules::productRowsType(op.getInput().getType(), op.getWeight().getType(), op.getRows());
  // Rows that come ready say themselves what they are, unless a narrower weight is another type.
  if (isa<QuantType>(weightType) || elementType == weightType)
    op.removeRowsAttr();
  Type rowsType = preparedType(op.getInput(), elementType, weightType);
  if (!op.getEps() && !op.getLayerEps() && !op.getGamma() && rowsType == op.getInput().getType())
    return; // Of the type and width that the kernel wants, with nothing to do.
  PrepareRowsOp rows = prepare(op, rowsType, offsetOf(elementType, weightType));
  op.getInputMutable().assign(rows.getRows());
  op.getGammaMutable().clear();
  op.getBetaMutable().clear();
  op.removeEpsAttr();
  op.removeLayerEpsAttr();
  if (rows.getFactor())
    op.getRowFactorMutable().assign(rows.getFactor());
}

void SplitProloguesPass::runOnOperation() {
  prepared.clear();
  lastOf.clear();
  getOperation().walk([&](Operation *op) {
    if (auto linear = dyn_cast<FusedLinearOp>(op))
      split(linear);
    else if (auto qkv = dyn_cast<FusedQkvOp>(op))
      split(qkv);
  });
}

} // namespace graphc
