// Fused ops by their own definitions, not by what they decompose into: see ir/FusedOps.td.
#include "ir/reference/Ops.h"

#include "ir/OpRules.h"

#include <cmath>
#include <limits>

namespace graphc::reference {

//===----------------------------------------------------------------------===//
// Prologue
//===----------------------------------------------------------------------===//

/// What stands before the product in a row: round(x * gamma), or round(layer_norm(x)).
template <typename Op>
static std::vector<float> prologueRow(Op op, std::span<const float> row, const Tensor *gamma,
                                      const Tensor *beta, mlir::Type elementType) {
  RowMoments moments;
  if (op.getLayerEps())
    moments = layerMoments(row, op.getLayerEps()->convertToFloat());
  std::vector<float> result;
  const bool isQuant = mlir::isa<QuantType>(elementType);
  for (size_t k = 0; k < row.size(); ++k) {
    const double normal = (static_cast<double>(row[k]) - moments.mean) * moments.factor;
    const double value = normal * (gamma ? gamma->values[k] : 1.0) + (beta ? beta->values[k] : 0.0);
    result.push_back(isQuant ? static_cast<float>(value) : roundTo(elementType, value));
  }
  if (isQuant)
    roundRow(elementType, result);
  return result;
}

PreparedRows prepareRows(PrepareRowsOp op, const Tensor &input, const Tensor *gamma,
                         const Tensor *beta) {
  const mlir::Type elementType = op.getRows().getType().getElementType();
  PreparedRows result{Tensor({input.rows(), op.getRows().getType().getDimSize(1)}), {}};
  if (op.getEps())
    result.factor = Tensor({input.rows()});
  for (int64_t t = 0; t < input.rows(); ++t) {
    std::ranges::copy(prologueRow(op, input.row(t), gamma, beta, elementType),
                      result.rows.row(t).begin());
    if (op.getEps())
      result.factor.values[t] =
          static_cast<float>(rmsFactor(input.row(t), op.getEps()->convertToFloat()));
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Matmuls
//===----------------------------------------------------------------------===//

/// z[n] = r * Σ_k round(x[k] g[k]) W[n, k] + bias[n] for one row, in f64.
template <typename Op>
static std::vector<double> productRow(Op op, std::span<const float> row, int64_t t,
                                      const Tensor &matrix, std::span<const float> bias,
                                      const LinearOperands &operands) {
  const mlir::RankedTensorType inputType = op.getInput().getType();
  const mlir::Type rowsType =
      rules::productRowsType(inputType, op.getWeight().getType(), op.getRows());
  // Rows that are quantized already would change if they were once more.
  const bool isReady =
      inputType.getElementType() == rowsType && !operands.gamma && !op.getLayerEps();
  const std::vector<float> x = isReady
                                   ? std::vector<float>(row.begin(), row.end())
                                   : prologueRow(op, row, operands.gamma, operands.beta, rowsType);
  double factor = 1;
  if (op.getEps())
    factor = rmsFactor(row, op.getEps()->convertToFloat());
  else if (operands.rowFactor)
    factor = operands.rowFactor->values[t];
  std::vector<double> z;
  for (int64_t n = 0; n < matrix.rows(); ++n) {
    double sum = 0;
    for (size_t k = 0; k < x.size(); ++k)
      sum += static_cast<double>(x[k]) * static_cast<double>(matrix.row(n)[k]);
    z.push_back(factor * sum + (bias.empty() ? 0 : bias[n]));
  }
  return z;
}

/// What becomes of the product's number f before the residual: gate, activation or cap.
static double finish(FusedLinearOp op, std::span<const double> z, int64_t f) {
  if (op.getGate())
    return activate(*op.getGate(), z[f]) * z[op.getType().getDimSize(1) + f];
  if (op.getAct())
    return activate(*op.getAct(), z[f]);
  if (!op.getCap())
    return z[f];
  const double cap = op.getCap()->convertToFloat();
  return cap * std::tanh(z[f] / cap);
}

Tensor fusedLinear(FusedLinearOp op, const Tensor &input, const Tensor &weight,
                   const LinearOperands &operands) {
  const int64_t width = op.getType().getDimSize(1);
  const int64_t channels = width * (op.getGate() ? 2 : 1), groups = op.getGate() ? 1 : 0;
  const Tensor matrix = unpack(weight, op.getWeight().getType(), channels, input.columns(), groups);
  std::vector<float> bias;
  if (operands.bias)
    bias = unpackBias(*operands.bias, op.getWeight().getType(), channels, groups);
  Tensor result({input.rows(), width});
  for (int64_t t = 0; t < input.rows(); ++t) {
    const std::vector<double> z = productRow(op, input.row(t), t, matrix, bias, operands);
    for (int64_t f = 0; f < width; ++f) {
      double y = finish(op, z, f);
      if (operands.residual)
        y += operands.residual->row(t)[f];
      result.row(t)[f] = roundTo(op.getType().getElementType(), y);
    }
  }
  return result;
}

Tensor fusedQkv(FusedQkvOp op, const Tensor &input, const Tensor &weight,
                const LinearOperands &operands, int64_t layer, const StepData &step,
                KvStore &cache) {
  const KvCacheType type = op.getCache().getType();
  const int64_t heads = op.getType().getDimSize(0), cacheHeads = type.getHeads();
  const int64_t headDim = type.getHeadDim(), allHeads = heads + 2 * cacheHeads;
  const Tensor matrix = unpack(weight, op.getWeight().getType(), allHeads * headDim,
                               input.columns(), /*groups=*/allHeads);
  std::vector<float> bias;
  if (operands.bias)
    bias = unpackBias(*operands.bias, op.getWeight().getType(), allHeads * headDim, allHeads);
  Tensor query({heads, input.rows(), headDim});
  for (int64_t t = 0; t < input.rows(); ++t) {
    std::vector<double> z = productRow(op, input.row(t), t, matrix, bias, operands);
    KvStore::Row row;
    for (int64_t h = 0; h < allHeads; ++h) {
      const std::span<double> head = std::span(z).subspan(h * headDim, headDim);
      if (operands.ropeTable && h < heads + cacheHeads)
        rotate(head, operands.ropeTable->row(step.position[t]));
      for (int64_t d = 0; d < headDim; ++d) {
        if (h < heads)
          query.row(h * input.rows() + t)[d] = roundTo(op.getType().getElementType(), head[d]);
        else
          (h < heads + cacheHeads ? row.key : row.value)
              .push_back(roundTo(type.getReadType(), head[d]));
      }
    }
    roundToCache(type, row.key);
    roundToCache(type, row.value);
    cache.set(layer, step.sequences[step.slot[t]], step.position[t], std::move(row));
  }
  return query;
}

//===----------------------------------------------------------------------===//
// append_qkv, norm_add
//===----------------------------------------------------------------------===//

/// Head `head` of projected rows, normalised and rotated.
static std::vector<double> projectedHead(AppendQkvOp op, std::span<const float> row, int64_t head,
                                         const Tensor *gamma, std::span<const float> angles) {
  const int64_t headDim = op.getType().getDimSize(2);
  const std::span<const float> from = row.subspan(head * headDim, headDim);
  std::vector<double> x(from.begin(), from.end());
  if (gamma) {
    const double factor = rmsFactor(from, op.getEps()->convertToFloat());
    for (int64_t d = 0; d < headDim; ++d)
      x[d] *= factor * gamma->values[d];
  }
  if (!angles.empty())
    rotate(std::span(x).first(angles.size()), angles);
  return x;
}

Tensor appendQkv(AppendQkvOp op, const QkvRows &rows, int64_t layer, const StepData &step,
                 KvStore &cache) {
  const KvCacheType type = op.getCache().getType();
  const int64_t heads = op.getType().getDimSize(0), tokens = rows.query->rows();
  Tensor query({heads, tokens, type.getHeadDim()});
  for (int64_t t = 0; t < tokens; ++t) {
    std::span<const float> angles;
    if (rows.ropeTable)
      angles = rows.ropeTable->row(step.position[t]);
    const auto queries = rows.query->row(t).subspan(op.getQueryOffset());
    for (int64_t h = 0; h < heads; ++h)
      for (auto [d, number] :
           llvm::enumerate(projectedHead(op, queries, h, rows.queryGamma, angles)))
        query.row(h * tokens + t)[d] = roundTo(op.getType().getElementType(), number);
    KvStore::Row row;
    for (int64_t h = 0; h < type.getHeads(); ++h) {
      for (double number :
           projectedHead(op, rows.key->row(t).subspan(op.getKeyOffset()), h, rows.keyGamma, angles))
        row.key.push_back(roundTo(type.getReadType(), number));
      for (double number :
           projectedHead(op, rows.value->row(t).subspan(op.getValueOffset()), h, nullptr, {}))
        row.value.push_back(roundTo(type.getReadType(), number));
    }
    roundToCache(type, row.key);
    roundToCache(type, row.value);
    cache.set(layer, step.sequences[step.slot[t]], step.position[t], std::move(row));
  }
  return query;
}

Tensor normAdd(NormAddOp op, const Tensor &input, const Tensor &gamma, const Tensor &residual) {
  Tensor result(input.shape);
  for (int64_t t = 0; t < input.rows(); ++t) {
    const double factor = rmsFactor(input.row(t), op.getEps().convertToFloat());
    for (int64_t k = 0; k < input.columns(); ++k)
      result.row(t)[k] = roundTo(op.getType().getElementType(),
                                 residual.row(t)[k] + factor * input.row(t)[k] * gamma.values[k]);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

namespace {
/// One head of one token: its query, and the rows that it sees.
struct HeadAttention {
  mutable FlashAttentionOp op; // accessors of ops are not const
  std::span<const float> query;
  llvm::ArrayRef<const KvStore::Row *> rows;
  int64_t keyHead;

  /// A key's or value's number, converted to the type of the products: floats are, of integers the
  /// scales stay apart.
  double stored(const std::vector<float> &row, int64_t d) const {
    const float number = row[keyHead * static_cast<int64_t>(query.size()) + d];
    if (op.getCache().getType().isQuantized())
      return number;
    return roundTo(op.getQuery().getType().getElementType(), static_cast<double>(number));
  }

  double score(const KvStore::Row &row) const {
    double sum = 0;
    for (size_t d = 0; d < query.size(); ++d)
      sum += static_cast<double>(query[d]) * stored(row.key, d);
    sum *= op.getScale().convertToFloat();
    if (!op.getSoftCap())
      return sum;
    const double cap = op.getSoftCap()->convertToFloat();
    return cap * std::tanh(sum / cap);
  }

  void run(std::span<float> out) const {
    std::vector<double> p;
    for (const KvStore::Row *row : rows)
      p.push_back(score(*row));
    const double maximum = *std::ranges::max_element(p);
    double sum = 0;
    for (double &a : p)
      sum += a = std::exp(a - maximum);
    for (size_t d = 0; d < query.size(); ++d) {
      double mixed = 0;
      for (size_t s = 0; s < p.size(); ++s)
        mixed += roundTo(op.getQuery().getType().getElementType(), p[s]) *
                 stored(rows[s]->value, static_cast<int64_t>(d));
      out[d] = roundTo(op.getType().getElementType(), mixed / sum);
    }
  }
};
} // namespace

Expected<Tensor> flashAttention(FlashAttentionOp op, const Tensor &query, int64_t layer,
                                const StepData &step, const KvStore &cache) {
  const int64_t heads = query.shape[0], tokens = query.shape[1], headDim = query.shape[2];
  const int64_t group = heads / op.getCache().getType().getHeads();
  std::optional<int64_t> window;
  if (op.getWindow())
    window = *op.getWindow();
  const std::vector<CachedRow> all = step.cachedRows();
  Tensor result({tokens, heads * headDim});
  for (int64_t t = 0; t < tokens; ++t) {
    llvm::SmallVector<const KvStore::Row *> rows;
    for (CachedRow row : all) {
      if (!sees(step, t, row, window))
        continue;
      rows.push_back(cache.find(layer, step.sequences[row.slot], row.position));
      if (!rows.back())
        return usageError("position " + std::to_string(row.position) +
                          " has not been appended to the cache of layer " + std::to_string(layer));
    }
    for (int64_t h = 0; h < heads; ++h)
      HeadAttention{op, query.row(h * tokens + t), rows, h / group}.run(
          result.row(t).subspan(h * headDim, headDim));
  }
  return result;
}

} // namespace graphc::reference
