// --graphc-assign-precision (see Passes.td).
#include "passes/Matchers.h"
#include "passes/Passes.h"
#include "passes/Stages.h"
#include "passes/WeightRewrite.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_ASSIGNPRECISIONPASS
#include "passes/Passes.h.inc"

namespace {

class AssignPrecisionPass : public impl::AssignPrecisionPassBase<AssignPrecisionPass> {
public:
  using AssignPrecisionPassBase::AssignPrecisionPassBase;
  void runOnOperation() override;

private:
  Type typeOf(Precision precision) {
    OpBuilder builder(&getContext());
    return precision == Precision::F32 ? Type(builder.getF32Type()) : builder.getBF16Type();
  }
  Type typeOf(CachePrecision precision) {
    if (precision == CachePrecision::I8)
      return IntegerType::get(&getContext(), 8);
    return typeOf(precision == CachePrecision::F32 ? Precision::F32 : Precision::BF16);
  }

  void convertWeights();
  void convertRows(LinearOp linear);
  void convertCaches();
  void convertOperand(OpOperand &operand, Type elementType);

  /// Casts made so far, so that several users of a value share one.
  DenseMap<std::pair<Value, Type>, Value> casts;
};

} // namespace

/// Whether an operand is a matrix that rows are multiplied with or looked up in.
static bool isMatrixUse(OpOperand &use) {
  return isProductWeight(use) || (isa<EmbeddingOp>(use.getOwner()) && use.getOperandNumber() == 0);
}

/// The element type of every weight: what `dtype` and `weights` say for those with a matrix use
/// (f32 for products that another pass quantizes), f32 for gammas, biases and tables. Other uses of
/// a matrix see it in f32.
void AssignPrecisionPass::convertWeights() {
  WeightRewriter rewriter(getOperation());
  llvm::MapVector<WeightOp, bool> isNarrow;
  getOperation().walk([&](ParamOp param) {
    WeightOp weight = rewriter.lookup(param.getResult());
    auto hasUse = [&](auto isUse) { return llvm::any_of(param.getResult().getUses(), isUse); };
    if (!weight)
      return;
    const bool staysExact = exactWeights && (hasUse(isProductWeight) || keptType(weight));
    isNarrow[weight] |= hasUse(isMatrixUse) && !staysExact;
  });
  for (auto [weight, narrow] : isNarrow) {
    Type elementType = narrow ? matrixType(weight, dtype, weights) : typeOf(Precision::F32);
    if (weight.getTensorType().getElementType() == elementType)
      continue;
    rewriter.transform(weight, [&](OpBuilder &builder, Location location, ValueRange values) {
      return castElements(builder, location, values[0], elementType);
    });
  }
  getOperation().walk([&](ParamOp param) {
    for (OpOperand &use : llvm::make_early_inc_range(param.getResult().getUses()))
      if (!isMatrixUse(use) && !isa<CastOp>(use.getOwner()))
        convertOperand(use, typeOf(Precision::F32));
  });
}

/// Rows become what their weight is; f32 rows stay what they are with `dtype` f32, where the weight
/// may be narrower, and with a weight of f16, which meets no others.
void AssignPrecisionPass::convertRows(LinearOp linear) {
  Type weightType = elementTypeOf(linear.getWeight());
  if ((dtype == Precision::F32 || weightType.isF16()) && elementTypeOf(linear.getInput()).isF32())
    return;
  convertOperand(linear->getOpOperand(0), weightType);
}

/// The element type of the caches, wherever they are named.
void AssignPrecisionPass::convertCaches() {
  auto convert = [&](Type type) -> Type {
    auto cache = dyn_cast<KvCacheType>(type);
    return cache ? KvCacheType::get(&getContext(), cache.getHeads(), cache.getHeadDim(),
                                    typeOf(kvCache))
                 : type;
  };
  getOperation().walk([&](Operation *op) {
    for (Value result : op->getResults())
      result.setType(convert(result.getType()));
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        argument.setType(convert(argument.getType()));
    if (auto function = dyn_cast<FunctionOpInterface>(op)) {
      auto inputs = llvm::map_to_vector(function.getArgumentTypes(), convert);
      auto results = llvm::map_to_vector(function.getResultTypes(), convert);
      function.setType(FunctionType::get(&getContext(), inputs, results));
    }
  });
}

/// Casts an operand right behind the op that defines it.
void AssignPrecisionPass::convertOperand(OpOperand &operand, Type elementType) {
  Value value = operand.get();
  if (elementTypeOf(value) == elementType)
    return;
  Value &cast = casts[{value, elementType}];
  if (!cast) {
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfterValue(value);
    cast = CastOp::create(builder, value.getLoc(), withElementType(value.getType(), elementType),
                          value);
  }
  operand.set(cast);
}

void AssignPrecisionPass::runOnOperation() {
  casts.clear();
  if (dtype != Precision::F32 && weights != WeightPrecision::AsDtype &&
      weights != WeightPrecision::Stored) {
    getOperation().emitError("expected dtype=f32 with weights of another type");
    return signalPassFailure();
  }
  convertWeights();
  convertCaches();
  // Of attention: no more precise than the cache, and no less than asked for.
  const bool narrow = dtype == Precision::BF16 && kvCache != CachePrecision::F32;
  Type productType = typeOf(narrow ? Precision::BF16 : Precision::F32);
  getOperation()->setAttr(kStageAttrName,
                          StringAttr::get(&getContext(), stageInfo(Stage::Fused).name));
  getOperation().walk([&](Operation *op) {
    if (auto linear = dyn_cast<LinearOp>(op))
      convertRows(linear);
    if (isa<BatchMatmulOp>(op)) {
      convertOperand(op->getOpOperand(0), productType);
      convertOperand(op->getOpOperand(1), productType);
    }
  });
}

} // namespace graphc
