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
  PrepareRowsOp prepare(OpBuilder &builder, Operation *op, Value input, Value gamma, FloatAttr eps,
                        Type elementType);

  /// What was prepared in a block: matmuls of the same rows share it.
  using Key = std::tuple<Block *, Value, Value, Attribute, Type>;
  DenseMap<Key, PrepareRowsOp> prepared;
};

} // namespace

PrepareRowsOp SplitProloguesPass::prepare(OpBuilder &builder, Operation *op, Value input,
                                          Value gamma, FloatAttr eps, Type elementType) {
  PrepareRowsOp &rows = prepared[{op->getBlock(), input, gamma, eps, elementType}];
  if (rows)
    return rows;
  const int64_t tokens = shapeOf(input)[0];
  const int64_t width = preparedWidth(shapeOf(input)[1], elementType.getIntOrFloatBitWidth() / 8);
  Type rowsType = RankedTensorType::get({tokens, width}, elementType);
  Type factorType = eps ? RankedTensorType::get({tokens}, builder.getF32Type()) : Type();
  rows = PrepareRowsOp::create(builder, op->getLoc(), rowsType, factorType, input, gamma, eps);
  return rows;
}

template <typename Op>
void SplitProloguesPass::split(Op op) {
  if (op.getInput().template getDefiningOp<PrepareRowsOp>())
    return;
  OpBuilder builder(op);
  PrepareRowsOp rows = prepare(builder, op, op.getInput(), op.getGamma(), op.getEpsAttr(),
                               elementTypeOf(op.getWeight()));
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
