// Attention by its parts and the KV cache: see ir/AttentionOps.td.
#include "ir/QuantFormat.h"
#include "ir/reference/Ops.h"

#include <cmath>
#include <limits>

namespace graphc::reference {

void rotate(std::span<double> head, std::span<const float> tableRow) {
  const size_t half = head.size() / 2;
  for (size_t d = 0; d < half; ++d) {
    const double cosine = tableRow[d], sine = tableRow[half + d];
    const double first = head[d], second = head[d + half];
    head[d] = first * cosine - second * sine;
    head[d + half] = second * cosine + first * sine;
  }
}

Tensor rope(RopeOp op, const Tensor &input, const Tensor &table, const StepData &step) {
  Tensor result(input.shape);
  for (int64_t i = 0; i < input.rows(); ++i) {
    std::vector<double> head(input.row(i).begin(), input.row(i).end());
    rotate(head, table.row(step.position[i % step.tokenCount()]));
    for (int64_t d = 0; d < input.columns(); ++d)
      result.row(i)[d] = roundTo(op.getType().getElementType(), head[d]);
  }
  return result;
}

bool sees(const StepData &step, int64_t t, CachedRow row, std::optional<int64_t> window) {
  return row.slot == step.slot[t] && row.position <= step.position[t] &&
         (!window || row.position > step.position[t] - *window);
}

Tensor mask(MaskOp op, const Tensor &input, const StepData &step) {
  const std::vector<CachedRow> rows = step.cachedRows();
  std::optional<int64_t> window;
  if (op.getWindow())
    window = *op.getWindow();
  Tensor result = input;
  for (int64_t i = 0; i < input.rows(); ++i)
    for (int64_t s = 0; s < input.columns(); ++s)
      if (!sees(step, i % step.tokenCount(), rows[s], window))
        result.row(i)[s] = -std::numeric_limits<float>::infinity();
  return result;
}

/// Softmax of `count` numbers that are `stride` apart.
static void softmaxLine(const float *in, float *out, int64_t count, int64_t stride,
                        mlir::Type elementType) {
  double maximum = -std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < count; ++i)
    maximum = std::fmax(maximum, in[i * stride]);
  double sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += std::exp(in[i * stride] - maximum);
  const bool isHidden = std::isinf(maximum) && maximum < 0;
  for (int64_t i = 0; i < count; ++i)
    out[i * stride] = isHidden ? 0 : roundTo(elementType, std::exp(in[i * stride] - maximum) / sum);
}

Tensor softmax(SoftmaxOp op, const Tensor &input) {
  const int64_t axis = op.getAxis();
  const int64_t extent = input.shape[axis];
  const int64_t inner = elementCount(std::span(input.shape).subspan(axis + 1));
  Tensor result(input.shape);
  for (int64_t block = 0; block < input.size() / std::max<int64_t>(1, extent * inner); ++block)
    for (int64_t i = 0; i < inner; ++i) {
      const int64_t at = block * extent * inner + i;
      softmaxLine(&input.values[at], &result.values[at], extent, inner,
                  op.getType().getElementType());
    }
  return result;
}

//===----------------------------------------------------------------------===//
// KV cache
//===----------------------------------------------------------------------===//

void roundToCache(KvCacheType type, std::span<float> row) {
  if (!type.isQuantized())
    return roundTo(type.getElementType(), row);
  const auto headDim = static_cast<size_t>(type.getHeadDim());
  const QuantFormat format{.bits = 8, .group = type.getHeadDim()};
  std::vector<int8_t> integers(headDim);
  for (size_t begin = 0; begin < row.size(); begin += headDim) {
    const std::span<float> head = row.subspan(begin, headDim);
    const float scale = quantizeGroup(format, /*search=*/false, head, integers);
    for (size_t d = 0; d < headDim; ++d)
      head[d] = scale * static_cast<float>(integers[d]);
  }
}

/// Numbers of token t in [Hkv, T, D], as one row [Hkv][D], rounded.
static std::vector<float> tokenRow(const Tensor &heads, int64_t t, KvCacheType type) {
  std::vector<float> row;
  for (int64_t h = 0; h < heads.shape[0]; ++h)
    for (float value : heads.row(h * heads.shape[1] + t))
      row.push_back(value);
  roundToCache(type, row);
  return row;
}

void kvAppend(KvCacheType type, int64_t layer, const Tensor &key, const Tensor &value,
              const StepData &step, KvStore &cache) {
  for (int64_t t = 0; t < step.tokenCount(); ++t)
    cache.set(layer, step.sequences[step.slot[t]], step.position[t],
              {tokenRow(key, t, type), tokenRow(value, t, type)});
}

Expected<KeyValue> kvRead(KvReadOp op, int64_t layer, const StepData &step, const KvStore &cache) {
  const KvCacheType type = op.getCache().getType();
  const int64_t heads = type.getHeads(), headDim = type.getHeadDim();
  const std::vector<CachedRow> rows = step.cachedRows();
  const auto count = static_cast<int64_t>(rows.size());
  KeyValue result{Tensor({heads, count, headDim}), Tensor({heads, count, headDim})};
  for (int64_t s = 0; s < count; ++s) {
    const KvStore::Row *row = cache.find(layer, step.sequences[rows[s].slot], rows[s].position);
    if (!row)
      return usageError("position " + std::to_string(rows[s].position) +
                        " has not been appended to the cache of layer " + std::to_string(layer));
    for (int64_t h = 0; h < heads; ++h) {
      std::copy_n(row->key.begin() + h * headDim, headDim, result.key.row(h * count + s).begin());
      std::copy_n(row->value.begin() + h * headDim, headDim,
                  result.value.row(h * count + s).begin());
    }
  }
  return result;
}

} // namespace graphc::reference
