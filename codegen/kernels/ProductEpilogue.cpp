#include "codegen/kernels/ProductEpilogue.h"

#include "codegen/kernels/Loops.h"
#include "codegen/kernels/MatmulEpilogue.h"
#include "codegen/kernels/VectorAccess.h"
#include "runtime/plan/ProductAbi.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace graphc {

namespace {

/// Sums of one call of the provider: they are read again at once, from the second-level cache.
constexpr int64_t kSliceBytes = int64_t(512) << 10;
constexpr int64_t kFloatBytes = 4;

RankedTensorType tensorOf(Value value) { return cast<RankedTensorType>(value.getType()); }

bool isMatmul(Operation *op) { return isa<LinearOp, FusedLinearOp, FusedQkvOp>(op); }

/// The rules by which a product goes to oneDNN; an empty text if it does.
ProductRefusal refusalOf(Operation *op, int64_t maxRows, const Target &target) {
  RankedTensorType weight = tensorOf(op->getOperand(1));
  Type element = weight.getElementType();
  if (isa<QuantType>(element))
    return "the weight is quantized, and oneDNN has no scales for groups of a row";
  if (element != tensorOf(op->getOperand(0)).getElementType())
    return "the weight is stored in less than the f32 of its rows, and oneDNN converts no panels";
  if (target.lanes() != 16)
    return "oneDNN reads these panels with AVX-512 only";
  if (element.isBF16() && !target.hasBf16Dot())
    return "oneDNN multiplies bf16 with AVX-512 BF16 only";
  int64_t piece = element.isBF16() ? 32 : 16;
  int64_t depth = weight.getDimSize(1) * weight.getDimSize(3);
  if (depth % piece != 0)
    return "oneDNN reads panels whose depth is a multiple of " + std::to_string(piece) +
           ", but it is " + std::to_string(depth);
  if (maxRows < kLeastProductRows)
    return "a step has at most " + std::to_string(maxRows) + " rows, and oneDNN is for " +
           std::to_string(kLeastProductRows) + " or more";
  return "";
}

std::unique_ptr<MatmulEpilogue> makeEpilogue(ImplicitLocOpBuilder &b, Operation *op,
                                             KernelFunction &function, const Target &target) {
  if (auto linear = dyn_cast<LinearOp>(op))
    return makeLinearEpilogue(b, linear, function, target);
  if (auto fused = dyn_cast<FusedLinearOp>(op))
    return makeLinearEpilogue(b, fused, function, target);
  return makeQkvEpilogue(b, cast<FusedQkvOp>(op), function, target);
}

/// for row: for panel of the tasks: epilogue of the row's sums of the panel. In this order sums and
/// results are read and written as they lie.
void emitRows(KernelFunction &function, const EmittedProduct &product, Operation *op,
              const MatmulEpilogue &epilogue, const Target &target) {
  const PlanProduct &plan = product.plan;
  auto sumsOffset = static_cast<int64_t>(plan.sumsOffset);
  ImplicitLocOpBuilder b = function.bodyBuilder();
  Value first = indexTimes(b, function.begin(), plan.panels);
  Value end = indexTimes(b, function.end(), plan.panels);
  Value width = arith::SubIOp::create(b, end, first);
  int64_t sums = (product.scratchBytes - sumsOffset) / kFloatBytes;
  Value memory = function.scratch(b, MemRefType::get({sums}, b.getF32Type()), sumsOffset);
  int64_t lanes = target.lanes();
  auto vectorType = VectorType::get({lanes}, b.getF32Type());
  SmallVector<int64_t> places = llvm::to_vector(llvm::seq<int64_t>(kPanelRows / lanes));
  Value zero = arith::ConstantIndexOp::create(b, 0);
  emitLoop(b, zero, function.extent(b, op->getOperand(0), 0), 1, [&](Value row) {
    Value rowStart = arith::MulIOp::create(b, row, width);
    emitLoop(b, first, end, 1, [&](Value panel) {
      Value inSlice = arith::SubIOp::create(b, panel, first);
      Value at = indexTimes(b, arith::AddIOp::create(b, rowStart, inSlice), kPanelRows);
      PanelSums tile{panel, row, /*rows=*/1, places, {}};
      for (int64_t place : places)
        tile.sums.push_back(
            loadLanes(b, vectorType, memory, indexPlus(b, at, place * lanes), lanes));
      epilogue.emitRows(b, tile);
    });
  });
}

/// How the product is computed, and the scratch that it takes.
EmittedProduct describeProduct(Operation *op, const EmittedKernel &emitted, PlanDim rows,
                               int64_t maxRows) {
  RankedTensorType weight = tensorOf(op->getOperand(1));
  EmittedProduct result;
  PlanProduct &plan = result.plan;
  plan.provider = kOneDnnProvider;
  plan.type = weight.getElementType().isBF16() ? ElementType::BF16 : ElementType::F32;
  plan.rows = rows;
  plan.leastRows = kLeastProductRows;
  plan.depth = weight.getDimSize(1) * weight.getDimSize(3);
  plan.rowWidth = tensorOf(op->getOperand(0)).getDimSize(1);
  plan.panels = weight.getDimSize(0) / emitted.tasks.times;
  int64_t taskBytes = maxRows * plan.panels * kPanelRows * kFloatBytes;
  plan.slice = std::clamp<int64_t>(kSliceBytes / taskBytes, 1, emitted.tasks.times);
  // Behind what the kernel uses: some of it may be its epilogue's.
  plan.sumsOffset = static_cast<uint64_t>(roundUp(emitted.scratchBytes, kBufferAlignment));
  result.scratchBytes = static_cast<int64_t>(plan.sumsOffset) + taskBytes * plan.slice;
  return result;
}

} // namespace

FailureOr<std::variant<EmittedProduct, ProductRefusal>>
emitProductEpilogue(KernelOp kernel, const EmittedKernel &emitted, const StepBounds &bounds,
                    const Target &target, ModuleOp module, const std::string &name) {
  using Result = std::variant<EmittedProduct, ProductRefusal>;
  Operation *op = kernel.getComputedOp();
  if (!isMatmul(op))
    return Result(ProductRefusal("it is no matmul"));
  FailureOr<KernelFunction> function = KernelFunction::create(module, kernel, bounds);
  if (failed(function))
    return failure();
  auto refuse = [&](const ProductRefusal &reason) {
    function->function().erase();
    return Result(reason);
  };
  PlanDim rows = function->planDim(op->getOperand(0), 0);
  int64_t maxRows = rows == PlanDim::T ? bounds.tokens : rows == PlanDim::R ? bounds.rows : 0;
  if (ProductRefusal reason = refusalOf(op, maxRows, target); !reason.empty())
    return refuse(reason);
  EmittedProduct product = describeProduct(op, emitted, rows, maxRows);
  if (product.scratchBytes > kMaxScratchBytes)
    return refuse("its sums take too much scratch; a smaller --max-chunk needs less");

  function->function().setSymName(name);
  ImplicitLocOpBuilder b = function->bodyBuilder();
  emitRows(*function, product, op, *makeEpilogue(b, op, *function, target), target);
  return Result(std::move(product));
}

} // namespace graphc
