// Embedding, norms, products: see ir/NetworkOps.td.
#include "ir/reference/Ops.h"

#include "ir/OpRules.h"

#include <cmath>

namespace graphc::reference {

Expected<Tensor> embedding(EmbeddingOp op, const Tensor &table, const StepData &step) {
  const int64_t columns = op.getType().getDimSize(1);
  const mlir::RankedTensorType type = op.getTable().getType();
  const Tensor matrix = unpack(table, type, rules::weightRows(type), columns, /*groups=*/0);
  Tensor result({step.tokenCount(), columns});
  for (int64_t t = 0; t < step.tokenCount(); ++t) {
    const int64_t token = step.tokens[t];
    if (token < 0 || token >= matrix.rows())
      return usageError("token " + std::to_string(token) + " is not in the embedding's table of " +
                        std::to_string(matrix.rows()) + " rows");
    std::ranges::copy(matrix.row(token), result.row(t).begin());
  }
  roundTo(op.getType().getElementType(), result.values);
  return result;
}

Expected<Tensor> inputRows(InputRowsOp op, const StepData &step) {
  Tensor result({step.tokenCount(), op.getType().getDimSize(1)});
  if (step.inputRows.size() != result.values.size())
    return usageError("a step needs " + std::to_string(result.values.size()) +
                      " numbers of input rows but got " + std::to_string(step.inputRows.size()));
  std::ranges::copy(step.inputRows, result.values.begin());
  roundTo(op.getType().getElementType(), result.values);
  return result;
}

/// Mean of f(x) over a row.
template <typename Function>
static double meanOf(std::span<const float> row, Function f) {
  double sum = 0;
  for (float x : row)
    sum += f(static_cast<double>(x));
  return sum / static_cast<double>(row.size());
}

Tensor mean(MeanOp op, const Tensor &input) {
  Shape shape = input.shape;
  shape.back() = 1;
  Tensor result(shape);
  for (int64_t i = 0; i < result.size(); ++i)
    result.values[i] =
        roundTo(op.getType().getElementType(), meanOf(input.row(i), [](double x) { return x; }));
  return result;
}

double rmsFactor(std::span<const float> row, double eps) {
  return 1 / std::sqrt(meanOf(row, [](double x) { return x * x; }) + eps);
}

Tensor rmsNorm(RmsNormOp op, const Tensor &input, const Tensor &gamma) {
  Tensor result(input.shape);
  for (int64_t i = 0; i < input.rows(); ++i) {
    const double factor = rmsFactor(input.row(i), op.getEps().convertToFloat());
    for (int64_t k = 0; k < input.columns(); ++k)
      result.row(i)[k] =
          roundTo(op.getType().getElementType(), factor * input.row(i)[k] * gamma.values[k]);
  }
  return result;
}

RowMoments layerMoments(std::span<const float> row, double eps) {
  const double mean = meanOf(row, [](double x) { return x; });
  const double variance = meanOf(row, [&](double x) { return (x - mean) * (x - mean); });
  return {mean, 1 / std::sqrt(variance + eps)};
}

Tensor layerNorm(LayerNormOp op, const Tensor &input, const Tensor &gamma, const Tensor *beta) {
  Tensor result(input.shape);
  for (int64_t i = 0; i < input.rows(); ++i) {
    const std::span<const float> row = input.row(i);
    const auto [mean, factor] = layerMoments(row, op.getEps().convertToFloat());
    for (int64_t k = 0; k < input.columns(); ++k)
      result.row(i)[k] =
          roundTo(op.getType().getElementType(),
                  (row[k] - mean) * factor * gamma.values[k] + (beta ? beta->values[k] : 0));
  }
  return result;
}

/// Σ_k a[k] b[k] over the numbers that both have.
static double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t k = 0; k < std::min(a.size(), b.size()); ++k)
    sum += static_cast<double>(a[k]) * static_cast<double>(b[k]);
  return sum;
}

Tensor linear(LinearOp op, const Tensor &input, const Tensor &weight) {
  Shape shape = input.shape;
  shape.back() = op.getType().getShape().back();
  Tensor result(shape);
  const Tensor matrix =
      unpack(weight, op.getWeight().getType(), result.columns(), input.columns(), /*groups=*/0);
  for (int64_t i = 0; i < result.rows(); ++i)
    for (int64_t n = 0; n < result.columns(); ++n)
      result.row(i)[n] = roundTo(op.getType().getElementType(), dot(input.row(i), matrix.row(n)));
  return result;
}

/// Number of the matrix that a broadcast stack has in place of matrix `index` of the result.
static int64_t stackIndex(std::span<const int64_t> stack, std::span<const int64_t> result,
                          int64_t index) {
  int64_t own = 0, stride = 1;
  for (size_t d = stack.size(); d-- > 0; index /= result[d]) {
    own += (stack[d] == 1 ? 0 : index % result[d]) * stride;
    stride *= stack[d];
  }
  return own;
}

Tensor matmul(mlir::Type elementType, const Tensor &lhs, const Tensor &rhs, bool isTransposed) {
  const size_t stackRank = lhs.shape.size() - 2;
  const int64_t m = lhs.shape[stackRank], k = lhs.shape[stackRank + 1];
  const int64_t n = rhs.shape[stackRank + (isTransposed ? 0 : 1)];
  const int64_t rowStep = isTransposed ? 1 : n, columnStep = isTransposed ? k : 1;
  Shape shape;
  for (size_t d = 0; d < stackRank; ++d)
    shape.push_back(std::max(lhs.shape[d], rhs.shape[d]));
  const int64_t matrices = elementCount(shape);
  shape.insert(shape.end(), {m, n});
  Tensor result(shape);
  for (int64_t i = 0; i < matrices; ++i) {
    const std::span stack = std::span(shape).first(stackRank);
    const float *a =
        lhs.values.data() + stackIndex(std::span(lhs.shape).first(stackRank), stack, i) * m * k;
    const float *b =
        rhs.values.data() + stackIndex(std::span(rhs.shape).first(stackRank), stack, i) * k * n;
    for (int64_t row = 0; row < m; ++row)
      for (int64_t column = 0; column < n; ++column) {
        double sum = 0;
        for (int64_t j = 0; j < k; ++j)
          sum += static_cast<double>(a[row * k + j]) *
                 static_cast<double>(b[j * rowStep + column * columnStep]);
        result.values[(i * m + row) * n + column] = roundTo(elementType, sum);
      }
  }
  return result;
}

} // namespace graphc::reference
