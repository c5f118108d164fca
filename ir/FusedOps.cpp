// Verifiers, dimensions and costs of FusedOps.td.
#include "ir/GraphDialect.h"
#include "ir/OpRules.h"

using namespace mlir;
using namespace graphc;

/// Operations for each number of the input of an op with a prologue: of the norm's sums, of gamma
/// and beta, of the conversion to the product's type.
template <typename Op>
static double prologueFlops(Op op, Type productType) {
  return (op.getEps() ? 2 : 0) + (op.getLayerEps() ? 6 : 0) + (op.getGamma() ? 1 : 0) +
         (op.getBeta() ? 1 : 0) + (op.getInput().getType().getElementType() == productType ? 0 : 1);
}

/// What the rows of a fused matmul are rounded to before the product.
template <typename Op>
static Type productType(Op op) {
  return rules::productRowsType(op.getInput().getType(), op.getWeight().getType(), op.getRows());
}

//===----------------------------------------------------------------------===//
// Constraints that several ops share
//===----------------------------------------------------------------------===//

/// The input is [?, K] with a static K.
template <typename Op>
static LogicalResult verifyInput(Op op) {
  const RankedTensorType input = op.getInput().getType();
  if (input.getRank() == 2 && input.isDynamicDim(0) && !input.isDynamicDim(1))
    return success();
  return op.emitOpError() << "expected an input of shape [?, K] but got "
                          << rules::shapeText(input.getShape());
}

/// Gamma and beta, if they are there, are [K], and beta belongs to a layer_norm.
template <typename Op>
static LogicalResult verifyGammaAndBeta(Op op) {
  const int64_t columns = op.getInput().getType().getDimSize(1);
  if (op.getGamma() && failed(rules::expectShape(op, "gamma", op.getGamma().getType(), columns)))
    return failure();
  if (!op.getBeta())
    return success();
  if (!op.getLayerEps())
    return op.emitOpError() << "expected layer_norm with a beta but got none";
  return rules::expectShape(op, "beta", op.getBeta().getType(), columns);
}

static LogicalResult verifyEps(Operation *op, std::optional<APFloat> eps) {
  if (!eps || !(eps->isNegative() || eps->isNaN()))
    return success();
  return op->emitOpError() << "expected an eps of at least 0 but got " << eps->convertToFloat();
}

/// A factor for each row is tensor<?xf32>.
static LogicalResult verifyFactor(Operation *op, StringRef what, RankedTensorType type) {
  if (failed(rules::expectShape(op, what, type, ShapedType::kDynamic)))
    return failure();
  return rules::expectElement(op, what, type, Float32Type::get(op->getContext()));
}

/// At most one of rms and layer_norm, whose eps are no less than 0.
template <typename Op>
static LogicalResult verifyNorm(Op op) {
  if (op.getEps() && op.getLayerEps())
    return op.emitOpError() << "expected rms or layer_norm but got both";
  return failure(failed(verifyEps(op, op.getEps())) || failed(verifyEps(op, op.getLayerEps())));
}

/// At most one of rms, layer_norm and row_factor.
template <typename Op>
static LogicalResult verifyRowFactor(Op op) {
  if (failed(verifyNorm(op)))
    return failure();
  if (!op.getRowFactor())
    return success();
  if (op.getEps() || op.getLayerEps())
    return op.emitOpError() << "expected a norm or row_factor but got both";
  return verifyFactor(op, "row_factor", op.getRowFactor().getType());
}

/// Elements of what a matmul kernel reads and writes.
static LogicalResult expectF32OrBf16(Operation *op, StringRef what, RankedTensorType type) {
  return rules::expectF32Or(op, what, type, BFloat16Type::get(op->getContext()));
}

/// Whether a type is that of quantized rows.
static bool isRowQuant(Type type) {
  auto quant = dyn_cast<QuantType>(type);
  return quant && quant.isOfRows();
}

/// Whether a type is that of quantized rows which a weight of so many columns is multiplied with.
static bool isRowsFor(Type type, QuantType weight, int64_t columns) {
  const QuantFormat format = weight.getFormat();
  return isRowQuant(type) &&
         cast<QuantType>(type).getRowFormat().fits(format, roundUp(columns, format.blockColumns()));
}

/// The rows' type fits the weight's: equal to it, f32 for a narrower one, or for a quantized one
/// f32, bf16 or that of quantized rows.
template <typename Op>
static LogicalResult verifyProductTypes(Op op) {
  const Type weight = op.getWeight().getType().getElementType();
  const Type rows = productType(op), input = op.getInput().getType().getElementType();
  auto quant = dyn_cast<QuantType>(weight);
  const bool fits = quant
                        ? rows.isF32() || rows.isBF16() ||
                              isRowsFor(rows, quant, rules::weightColumns(op.getWeight().getType()))
                        : rules::canMultiply(rows, weight) && !rows.isF16();
  if (!fits || (quant && quant.isOfRows()) || (isRowQuant(input) && input != rows))
    return op.emitOpError() << "expected rows that a weight of " << weight << " is multiplied with"
                            << " but got " << rows;
  if (isRowQuant(input) && (op.getEps() || op.getLayerEps() || op.getGamma()))
    return op.emitOpError() << "expected no norm and no gamma with rows that are quantized already";
  return success();
}

/// The weight is a matrix of floats or quantized numbers that the input's columns and type fit.
template <typename Op>
static LogicalResult verifyWeight(Op op) {
  const RankedTensorType weight = op.getWeight().getType();
  if (failed(rules::expectMatrix(op, "weight", weight)))
    return failure();
  if (failed(verifyProductTypes(op)))
    return failure();
  return rules::expectInputColumns(op, op.getInput().getType(), weight);
}

/// Queries are [H, ?, D] of f32 or bf16 with the cache's D and a multiple of its heads.
static LogicalResult verifyQuery(Operation *op, RankedTensorType query, KvCacheType cache) {
  const int64_t heads = query.getRank() == 3 ? query.getDimSize(0) : 0;
  if (query.getRank() != 3 || heads <= 0 || !query.isDynamicDim(1) ||
      query.getDimSize(2) != cache.getHeadDim() || heads % cache.getHeads() != 0)
    return op->emitOpError() << "expected queries of shape [H, ?, " << cache.getHeadDim()
                             << "] with a multiple of " << cache.getHeads() << " for H but got "
                             << rules::shapeText(query.getShape());
  return expectF32OrBf16(op, "query", query);
}

/// The bias, if there is one, has `rows` numbers; with a packed weight it is packed too.
template <typename Op>
static LogicalResult verifyBias(Op op, int64_t rows) {
  if (!op.getBias())
    return success();
  const RankedTensorType weight = op.getWeight().getType();
  if (rules::isPackedMatrix(weight))
    rows = rules::weightRows(weight);
  return rules::expectShape(op, "bias", op.getBias().getType(), rows);
}

//===----------------------------------------------------------------------===//
// prepare_rows
//===----------------------------------------------------------------------===//

/// Rows are of f32 or bf16, or quantized in groups that fill them.
static LogicalResult verifyPreparedRows(PrepareRowsOp op) {
  const RankedTensorType rows = op.getRows().getType();
  if (!isRowQuant(rows.getElementType()))
    return expectF32OrBf16(op, "rows", rows);
  const int64_t group = cast<QuantType>(rows.getElementType()).getRowFormat().group;
  if (rows.getDimSize(1) % group == 0)
    return success();
  return op.emitOpError() << "expected quantized rows of a multiple of " << group
                          << " numbers but got " << rows;
}

LogicalResult PrepareRowsOp::verify() {
  if (failed(verifyInput(*this)) ||      // C1
      failed(verifyGammaAndBeta(*this))) // C2
    return failure();
  const RankedTensorType rows = getRows().getType();
  const int64_t columns = getInput().getType().getDimSize(1);
  const int64_t padded = rows.getRank() == 2 ? std::max(rows.getDimSize(1), columns) : columns;
  if (failed(rules::expectShape(*this, "rows", rows, {ShapedType::kDynamic, padded})) || // C3
      failed(verifyPreparedRows(*this)))
    return failure();
  if (getEps().has_value() != bool(getFactor())) // C4
    return emitOpError() << "expected a factor with rms and none without but got "
                         << (getFactor() ? "one" : "none");
  if (getFactor() && failed(verifyFactor(*this, "factor", getFactor().getType())))
    return failure();
  return verifyNorm(*this);
}

SmallVector<DimList> PrepareRowsOp::inferDims(ArrayRef<DimList> operandDims) {
  SmallVector<DimList> dims{rules::dimsLike(getRows().getType(), operandDims[0])};
  if (getFactor())
    dims.push_back(rules::dimsLike(getFactor().getType(), operandDims[0]));
  return dims;
}

Cost PrepareRowsOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  Cost cost = rules::memoryCost(*this, operandDims, step);
  cost.flops = prologueFlops(*this, getRows().getType().getElementType()) *
               rules::elements(operandDims[0], step);
  return cost;
}

//===----------------------------------------------------------------------===//
// fused_linear
//===----------------------------------------------------------------------===//

LogicalResult FusedLinearOp::verify() {
  const RankedTensorType result = getType();
  if (failed(verifyInput(*this)) ||        // C1
      failed(verifyWeight(*this)) ||       // C2, C3
      failed(verifyGammaAndBeta(*this)) || // C4
      failed(verifyRowFactor(*this)))      // C5
    return failure();
  if (result.getRank() != 2 || !result.isDynamicDim(0) || result.isDynamicDim(1)) // C6
    return emitOpError() << "expected a result of shape [?, F] but got "
                         << rules::shapeText(result.getShape());
  const int64_t rows = result.getDimSize(1) * (getGate() ? 2 : 1);
  if (failed(expectF32OrBf16(*this, "result", result)) ||
      failed(rules::expectWeightRows(*this, getWeight().getType(), rows, getGate() ? 1 : 0)) ||
      failed(verifyBias(*this, rows))) // C7
    return failure();
  if (getResidual() && failed(rules::expectShape(*this, "residual", getResidual().getType(),
                                                 result.getShape()))) // C8
    return failure();
  if (getGate().has_value() + getAct().has_value() + getCap().has_value() > 1) // C9
    return emitOpError() << "expected at most one of gate, act and cap";
  return getCap() ? rules::expectCap(*this, *getCap()) : success();
}

SmallVector<DimList> FusedLinearOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::withLast(operandDims[0], Dim::fixed(getType().getShape().back()))};
}

Cost FusedLinearOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  const double inputs = rules::elements(operandDims[0], step);
  const double outputs = rules::elements(inferDims(operandDims)[0], step);
  const double channels = getGate() ? 2 : 1;
  Cost cost = rules::memoryCost(*this, operandDims, step);
  cost.flops = 2 * channels * outputs * double(step(operandDims[0].back())) +
               prologueFlops(*this, productType(*this)) * inputs;
  cost.flops += channels * outputs * ((getEps() || getRowFactor()) + bool(getBias()));
  cost.flops += outputs * (getGate() ? rules::flopsOf(*getGate()) + 1 : 0);
  cost.flops += outputs * (getAct() ? rules::flopsOf(*getAct()) : getCap() ? 3 : 0);
  cost.flops += outputs * bool(getResidual());
  return cost;
}

//===----------------------------------------------------------------------===//
// fused_qkv
//===----------------------------------------------------------------------===//

LogicalResult FusedQkvOp::verify() {
  const KvCacheType cache = getCache().getType();
  const int64_t headDim = cache.getHeadDim(), cacheHeads = cache.getHeads();
  if (failed(verifyInput(*this)) ||                 // C1
      failed(verifyWeight(*this)) ||                // C2, C3
      failed(verifyGammaAndBeta(*this)) ||          // C4
      failed(verifyRowFactor(*this)) ||             // C5
      failed(verifyQuery(*this, getType(), cache))) // C6
    return failure();
  if (headDim % 2 != 0)
    return emitOpError() << "expected heads of an even number of channels but got " << headDim;
  const int64_t heads = getType().getDimSize(0) + 2 * cacheHeads;
  if (failed(rules::expectWeightRows(*this, getWeight().getType(), heads * headDim, heads)) || // C7
      failed(verifyBias(*this, heads * headDim)))                                              // C8
    return failure();
  if (!getRopeTable())
    return success();
  return rules::expectRopeTable(*this, getRopeTable().getType(), headDim); // C9
}

SmallVector<DimList> FusedQkvOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::dimsLike(getType(), operandDims[0])};
}

Cost FusedQkvOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  const KvCacheType cache = getCache().getType();
  const double tokens = rules::elements(ArrayRef<Dim>(operandDims[0]).drop_back(), step);
  const double inputs = rules::elements(operandDims[0], step);
  const double queries = double(getType().getDimSize(0) * cache.getHeadDim());
  const double keys = double(cache.getHeads() * cache.getHeadDim());
  const double channels = queries + 2 * keys;
  Cost cost = rules::memoryCost(*this, operandDims, step);
  cost.cacheBytes = 2 * tokens * double(cache.getHeads()) * cache.getHeadBytes();
  cost.flops = 2 * channels * inputs + prologueFlops(*this, productType(*this)) * inputs +
               tokens * channels * ((getEps() || getRowFactor()) + bool(getBias()));
  if (!getRopeTable())
    return cost;
  // Of the table, only the rows of the step's tokens are read.
  const auto tableType = getRopeTable().getType();
  cost.flops += 3 * tokens * (queries + keys);
  cost.weightBytes -= rules::bytes(tableType, rules::dimsOf(tableType, {}), step);
  cost.weightBytes +=
      tokens * double(tableType.getDimSize(1)) * tableType.getElementTypeBitWidth() / 8;
  return cost;
}

//===----------------------------------------------------------------------===//
// append_qkv
//===----------------------------------------------------------------------===//

/// Rows of projections with `channels` channels from `offset` on.
static LogicalResult verifyHeadRows(Operation *op, StringRef what, RankedTensorType rows,
                                    int64_t offset, int64_t channels) {
  if (rows.getRank() != 2 || !rows.isDynamicDim(0) || rows.isDynamicDim(1)) // C1
    return op->emitOpError() << "expected " << what << " of shape [?, N] but got "
                             << rules::shapeText(rows.getShape());
  if (failed(expectF32OrBf16(op, what, rows)))
    return failure();
  if (offset < 0 || channels > rows.getDimSize(1) - offset) // C3
    return op->emitOpError() << "expected " << what << " of " << channels
                             << " channels behind an offset of at least 0 but got offset " << offset
                             << " of " << rows.getDimSize(1);
  return success();
}

/// The rope table is tensor<CxRxf32> with an even R of at most `headDim`.
static LogicalResult verifyPartialRope(Operation *op, RankedTensorType table, int64_t headDim) {
  const int64_t width = table.getRank() == 2 ? table.getDimSize(1) : headDim;
  if (width > headDim)
    return op->emitOpError() << "expected a rope table of at most " << headDim
                             << " columns but got " << width;
  return rules::expectRopeTable(op, table, width);
}

LogicalResult AppendQkvOp::verify() {
  const KvCacheType cache = getCache().getType();
  const int64_t headDim = cache.getHeadDim();
  if (failed(verifyQuery(*this, getType(), cache))) // C2
    return failure();
  const int64_t queries = getType().getDimSize(0) * headDim, keys = cache.getHeads() * headDim;
  if (failed(verifyHeadRows(*this, "query_rows", getQueryRows().getType(), getQueryOffset(),
                            queries)) ||
      failed(verifyHeadRows(*this, "key_rows", getKeyRows().getType(), getKeyOffset(), keys)) ||
      failed(verifyHeadRows(*this, "value_rows", getValueRows().getType(), getValueOffset(), keys)))
    return failure();
  if (getEps().has_value() != bool(getQueryGamma()) || bool(getQueryGamma()) != bool(getKeyGamma()))
    return emitOpError() << "expected head_norm with both gammas, or none of them"; // C4
  if (failed(verifyEps(*this, getEps())))
    return failure();
  if (getEps() &&
      (failed(rules::expectShape(*this, "query_gamma", getQueryGamma().getType(), headDim)) ||
       failed(rules::expectShape(*this, "key_gamma", getKeyGamma().getType(), headDim))))
    return failure();
  if (!getRopeTable())
    return success();
  return verifyPartialRope(*this, getRopeTable().getType(), headDim); // C5
}

SmallVector<DimList> AppendQkvOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::dimsLike(getType(), operandDims[0])};
}

Cost AppendQkvOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  const KvCacheType cache = getCache().getType();
  const double tokens = rules::elements(ArrayRef<Dim>(operandDims[0]).drop_back(), step);
  const double queries = double(getType().getDimSize(0) * cache.getHeadDim());
  const double keys = double(cache.getHeads() * cache.getHeadDim());
  auto bytesOf = [](RankedTensorType type) { return type.getElementTypeBitWidth() / 8.0; };
  Cost cost;
  // Of the rows, only the channels of the heads are read; of the table, the rows of the tokens.
  cost.activationBytes =
      tokens * (queries * (bytesOf(getQueryRows().getType()) + bytesOf(getType())) +
                keys * (bytesOf(getKeyRows().getType()) + bytesOf(getValueRows().getType())));
  cost.cacheBytes = 2 * tokens * double(cache.getHeads()) * cache.getHeadBytes();
  if (getEps())
    cost.flops += 4 * tokens * (queries + keys);
  if (!getRopeTable())
    return cost;
  const double width = double(getRopeTable().getType().getDimSize(1));
  cost.flops += 3 * tokens * (queries + keys) * width / double(cache.getHeadDim());
  cost.weightBytes = tokens * width * bytesOf(getRopeTable().getType());
  return cost;
}

//===----------------------------------------------------------------------===//
// norm_add
//===----------------------------------------------------------------------===//

LogicalResult NormAddOp::verify() {
  if (failed(verifyInput(*this)) ||
      failed(expectF32OrBf16(*this, "input", getInput().getType())) || // C2
      failed(rules::expectShape(*this, "gamma", getGamma().getType(),
                                getInput().getType().getDimSize(1)))) // C3
    return failure();
  return verifyEps(*this, getEps()); // C4
}

SmallVector<DimList> NormAddOp::inferDims(ArrayRef<DimList> operandDims) {
  return {operandDims[0]};
}

Cost NormAddOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  return rules::elementwiseCost(*this, operandDims, step, /*flops=*/5);
}

//===----------------------------------------------------------------------===//
// flash_attention
//===----------------------------------------------------------------------===//

LogicalResult FlashAttentionOp::verify() {
  const RankedTensorType query = getQuery().getType();
  const KvCacheType cache = getCache().getType();
  if (failed(verifyQuery(*this, query, cache)) || // C1
      failed(
          rules::expectShape(*this, "result", getType(),
                             {ShapedType::kDynamic, query.getDimSize(0) * cache.getHeadDim()})) ||
      failed(expectF32OrBf16(*this, "result", getType())) ||                     // C2
      failed(rules::expectAtLeast(*this, "window", getWindow().value_or(1), 1))) // C3
    return failure();
  return getSoftCap() ? rules::expectCap(*this, *getSoftCap()) : success(); // C4
}

SmallVector<DimList> FlashAttentionOp::inferDims(ArrayRef<DimList> operandDims) {
  return {rules::dimsLike(getType(), operandDims[0])};
}

/// Only what the mask lets through is computed: two products over the head for each pair of a token
/// and a row that it sees, and the softmax. Cached rows are read once, at most one window of them
/// for each token.
Cost FlashAttentionOp::getCost(ArrayRef<DimList> operandDims, const StepDims &step) {
  const KvCacheType cache = getCache().getType();
  const double headDim = double(cache.getHeadDim());
  const double heads = double(getQuery().getType().getDimSize(0));
  std::optional<int64_t> window;
  if (getWindow())
    window = *getWindow();
  double rows = double(step.cached);
  if (window)
    rows = std::min(rows, double(step.tokens) * double(*window));
  Cost cost = rules::memoryCost(*this, operandDims, step);
  cost.flops = heads * step.attendedPairs(window) * (4 * headDim + 6 + (getSoftCap() ? 3 : 0));
  cost.cacheBytes = 2 * rows * double(cache.getHeads()) * cache.getHeadBytes();
  return cost;
}
