// --graphc-quantize-weights (see Passes.td).
#include "passes/LinearParts.h"
#include "passes/Matchers.h"
#include "passes/PassCounters.h"
#include "passes/Passes.h"
#include "passes/WeightRewrite.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/GlobPattern.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_QUANTIZEWEIGHTSPASS
#include "passes/Passes.h.inc"

namespace {

class QuantizeWeightsPass : public impl::QuantizeWeightsPassBase<QuantizeWeightsPass>,
                            public CountedPass {
public:
  explicit QuantizeWeightsPass(QuantizeWeightsPassOptions options = {})
      : QuantizeWeightsPassBase(std::move(options)), CountedPass("quantized") {}
  QuantizeWeightsPass(const QuantizeWeightsPass &) = default;
  void runOnOperation() override;

private:
  using Uses = SmallVector<OpOperand *>;

  LogicalResult checkOptions();
  bool isExcluded(WeightOp weight) const;
  void warnOfIdlePatterns();
  Refusal check(WeightOp weight, const Uses &uses, int64_t bitsOfUses) const;
  int64_t bitsOf(const Uses &uses) const;
  Type rowsType(QuantType weight, int64_t columns);
  void quantize(WeightOp weight, const Uses &uses, int64_t weightBits, WeightRewriter &rewriter);
  void keep(WeightOp weight, const Uses &uses, WeightRewriter &rewriter);
  void round(WeightOp weight, QuantType type, ScaleRule rule, const Uses &uses,
             WeightRewriter &rewriter);
  void leave(WeightOp weight, const Uses &uses, WeightRewriter &rewriter);

  SmallVector<llvm::GlobPattern> excluded;
};

} // namespace

LogicalResult QuantizeWeightsPass::checkOptions() {
  const bool knownBits =
      (bits == 4 || bits == 8) && (headBits == 0 || headBits == 4 || headBits == 8);
  if (!knownBits || group < 0 || group % kSpanColumns != 0)
    return getOperation().emitError()
           << "expected bits=4|8, head-bits=0|4|8 and a group of a multiple of " << kSpanColumns
           << " columns but got " << bits << ", " << headBits << " and " << group;
  excluded.clear();
  for (const std::string &text : exclude) {
    llvm::Expected<llvm::GlobPattern> pattern = llvm::GlobPattern::create(text);
    if (!pattern)
      return getOperation().emitError()
             << "expected a pattern but got '" << text << "': " << toString(pattern.takeError());
    excluded.push_back(*pattern);
  }
  return success();
}

/// Whether a pattern names the weight or a checkpoint tensor of its expression.
static bool names(const llvm::GlobPattern &pattern, WeightOp weight) {
  bool found = pattern.match(weight.getSymName());
  weight.walk([&](CheckpointOp checkpoint) { found |= pattern.match(checkpoint.getTensor()); });
  return found;
}

bool QuantizeWeightsPass::isExcluded(WeightOp weight) const {
  return llvm::any_of(excluded, [&](const auto &pattern) { return names(pattern, weight); });
}

/// Who mistypes a name would not notice else.
void QuantizeWeightsPass::warnOfIdlePatterns() {
  for (auto [pattern, text] : llvm::zip_equal(excluded, exclude))
    if (llvm::none_of(getOperation().getOps<WeightOp>(),
                      [&](WeightOp weight) { return names(pattern, weight); }))
      emitWarning(UnknownLoc::get(&getContext()))
          << "the pattern '" << text << "' excludes nothing: no weight has such a name";
}

/// The head is what the step function itself multiplies with; all else is in layers.
int64_t QuantizeWeightsPass::bitsOf(const Uses &uses) const {
  bool isHead = llvm::any_of(uses, [](OpOperand *use) {
    auto function = use->getOwner()->getParentOfType<func::FuncOp>();
    return function && function.isPublic();
  });
  return isHead ? headBits : bits;
}

/// Whether a use takes a weight of any type: what is left of linears has rows of another shape.
static bool takesAnyType(OpOperand *use) {
  return isa<FusedLinearOp, FusedQkvOp, EmbeddingOp>(use->getOwner());
}

/// Why a weight is not quantized, or nothing.
Refusal QuantizeWeightsPass::check(WeightOp weight, const Uses &uses, int64_t bitsOfUses) const {
  if (!llvm::all_of(uses, takesAnyType))
    return "another op needs the weight as it is";
  if (isExcluded(weight))
    return "excluded by its name";
  if (keepsStored && !keptType(weight))
    return "its checkpoint tensors are not quantized, or not alike";
  if (!keepsStored && bitsOfUses == 0)
    return "the head is not to be quantized";
  return {};
}

Type QuantizeWeightsPass::rowsType(QuantType weight, int64_t columns) {
  OpBuilder builder(&getContext());
  switch (rows) {
  case RowPrecision::F32:
    return builder.getF32Type();
  case RowPrecision::BF16:
    return builder.getBF16Type();
  case RowPrecision::I8:
    return weight.getRowsType(columns);
  }
  return {};
}

/// Says at the matmuls what their rows become.
static void setRows(ArrayRef<OpOperand *> uses, Type type) {
  auto rows = TypeAttr::get(type);
  for (OpOperand *use : uses) {
    if (auto linear = dyn_cast<FusedLinearOp>(use->getOwner()))
      linear.setRowsAttr(rows);
    else if (auto qkv = dyn_cast<FusedQkvOp>(use->getOwner()))
      qkv.setRowsAttr(rows);
  }
}

void QuantizeWeightsPass::quantize(WeightOp weight, const Uses &uses, int64_t weightBits,
                                   WeightRewriter &rewriter) {
  OpBuilder builder(&getContext());
  const RankedTensorType type = weight.getTensorType();
  const int64_t columns = group > 0 ? group : roundUp(type.getDimSize(1), kSpanColumns);
  auto quant = QuantType::get(&getContext(), builder.getIntegerType(weightBits),
                              builder.getF16Type(), columns);
  round(weight, quant, search ? ScaleRule::Search : ScaleRule::AbsMax, uses, rewriter);
}

void QuantizeWeightsPass::keep(WeightOp weight, const Uses &uses, WeightRewriter &rewriter) {
  round(weight, keptType(weight), ScaleRule::Keep, uses, rewriter);
}

void QuantizeWeightsPass::round(WeightOp weight, QuantType quant, ScaleRule rule, const Uses &uses,
                                WeightRewriter &rewriter) {
  const Type type = withElementType(weight.getTensorType(), quant);
  rewriter.transform(weight, [&](OpBuilder &at, Location location, ValueRange values) {
    return QuantizeOp::create(at, location, type, values[0], rule);
  });
  setRows(uses, rowsType(quant, weight.getTensorType().getDimSize(1)));
  recordHit();
}

/// Stores a weight in what matrices are stored in that are not quantized.
void QuantizeWeightsPass::leave(WeightOp weight, const Uses &uses, WeightRewriter &rewriter) {
  Type type = matrixType(weight, dtype, weights);
  rewriter.transform(weight, [&](OpBuilder &builder, Location location, ValueRange values) {
    return castElements(builder, location, values[0], type);
  });
  if (type.isF16() || (dtype == Precision::F32 && !type.isF32()))
    setRows(uses, Float32Type::get(&getContext()));
}

/// Uses of each matrix that rows are multiplied with, or that comes quantized.
static llvm::MapVector<WeightOp, SmallVector<OpOperand *>> findUses(ModuleOp module,
                                                                    WeightRewriter &weights) {
  llvm::MapVector<WeightOp, SmallVector<OpOperand *>> uses;
  module.walk([&](ParamOp param) {
    WeightOp weight = weights.lookup(param.getResult());
    if (weight && weight.getTensorType().getRank() == 2)
      for (OpOperand &use : param.getResult().getUses())
        uses[weight].push_back(&use);
  });
  uses.remove_if([](auto &entry) {
    auto isProduct = [](OpOperand *use) { return isProductWeight(*use); };
    return (llvm::none_of(entry.second, isProduct) && !keptType(entry.first)) ||
           isa<QuantType>(entry.first.getTensorType().getElementType());
  });
  return uses;
}

void QuantizeWeightsPass::runOnOperation() {
  resetCounters();
  if (failed(checkOptions()))
    return signalPassFailure();
  LinearParts::fuseAll(getOperation());
  WeightRewriter rewriter(getOperation());
  for (auto &[weight, uses] : findUses(getOperation(), rewriter)) {
    const int64_t weightBits = bitsOf(uses);
    Refusal refusal = check(weight, uses, weightBits);
    if (refusal.empty()) {
      if (keepsStored)
        keep(weight, uses, rewriter);
      else
        quantize(weight, uses, weightBits, rewriter);
      continue;
    }
    recordMiss(weight, refusal);
    if (llvm::all_of(uses, takesAnyType))
      leave(weight, uses, rewriter);
  }
  warnOfIdlePatterns();
}

} // namespace graphc
