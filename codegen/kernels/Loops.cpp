#include "codegen/kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace graphc {

void emitLoop(ImplicitLocOpBuilder &b, Value first, Value end, int64_t step,
              function_ref<void(Value)> body) {
  emitLoop(b, first, end, arith::ConstantIndexOp::create(b, step), body);
}

void emitLoop(ImplicitLocOpBuilder &b, Value first, Value end, Value step,
              function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(b, first, end, step);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void emitLoop(ImplicitLocOpBuilder &b, int64_t count, function_ref<void(Value)> body) {
  emitLoop(b, arith::ConstantIndexOp::create(b, 0), arith::ConstantIndexOp::create(b, count), 1,
           body);
}

void emitIf(ImplicitLocOpBuilder &b, Value condition, function_ref<void()> then,
            function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/static_cast<bool>(otherwise));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  then();
  if (!otherwise)
    return;
  b.setInsertionPointToStart(branch.elseBlock());
  otherwise();
}

} // namespace graphc
