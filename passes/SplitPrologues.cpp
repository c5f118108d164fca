// --graphc-split-prologues (see Passes.td).
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
  PrepareRowsOp prepare(Operation *op, Value input, Value gamma, FloatAttr eps, Type rowsType);

  /// What was prepared in a block: matmuls of the same rows share it.
  using Key = std::tuple<Block *, Value, Value, Attribute, Type>;
  DenseMap<Key, PrepareRowsOp> prepared;
};

} // namespace

/// The type of rows that a matmul kernel reads.
static Type preparedType(Value input, Type elementType) {
  const int64_t bytes = elementType.getIntOrFloatBitWidth() / 8;
  return RankedTensorType::get({shapeOf(input)[0], preparedWidth(shapeOf(input)[1], bytes)},
                               elementType);
}

PrepareRowsOp SplitProloguesPass::prepare(Operation *op, Value input, Value gamma, FloatAttr eps,
                                          Type rowsType) {
  PrepareRowsOp &rows = prepared[{op->getBlock(), input, gamma, eps, rowsType}];
  if (rows)
    return rows;
  OpBuilder builder(op);
  Type factorType = eps ? RankedTensorType::get({shapeOf(input)[0]}, builder.getF32Type()) : Type();
  rows = PrepareRowsOp::create(builder, op->getLoc(), rowsType, factorType, input, gamma, eps);
  return rows;
}

template <typename Op>
void SplitProloguesPass::split(Op op) {
  if (op.getInput().template getDefiningOp<PrepareRowsOp>())
    return;
  Type rowsType = preparedType(op.getInput(), elementTypeOf(op.getWeight()));
  if (!op.getEps() && !op.getGamma() && rowsType == op.getInput().getType())
    return; // Of the type and width that the kernel wants, with nothing to do.
  PrepareRowsOp rows = prepare(op, op.getInput(), op.getGamma(), op.getEpsAttr(), rowsType);
  op.getInputMutable().assign(rows.getRows());
  op.getGammaMutable().clear();
  op.removeEpsAttr();
  if (rows.getFactor())
    op.getRowFactorMutable().assign(rows.getFactor());
}

void SplitProloguesPass::runOnOperation() {
  prepared.clear();
  getOperation().walk([&](Operation *op) {
    if (auto linear = dyn_cast<FusedLinearOp>(op))
      split(linear);
    else if (auto qkv = dyn_cast<FusedQkvOp>(op))
      split(qkv);
  });
}

} // namespace graphc
