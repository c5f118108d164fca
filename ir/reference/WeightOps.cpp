// Rope tables and packed weights: see ir/WeightOps.td and ir/PanelLayout.h.
#include "ir/reference/Ops.h"

#include "ir/OpRules.h"

#include <cmath>

namespace graphc::reference {

void ropeTableRows(RopeTableOp op, int64_t begin, int64_t end, std::span<float> out) {
  const llvm::ArrayRef<double> frequencies = op.getInverseFrequencies();
  const size_t half = frequencies.size();
  for (int64_t position = begin; position < end; ++position) {
    const std::span<float> row = out.subspan((position - begin) * 2 * half, 2 * half);
    for (size_t i = 0; i < half; ++i) {
      const double angle = static_cast<float>(position) * static_cast<float>(frequencies[i]);
      row[i] = static_cast<float>(std::cos(angle));
      row[half + i] = static_cast<float>(std::sin(angle));
    }
  }
}

Tensor quantize(QuantizeOp op, const Tensor &input) {
  Tensor result = input;
  if (op.getRule() == ScaleRule::Keep)
    return result;
  for (int64_t row = 0; row < result.rows(); ++row)
    quantizeRow(mlir::cast<QuantType>(op.getType().getElementType()),
                op.getRule() == ScaleRule::Search, result.row(row));
  return result;
}

Tensor pack(PackOp op, const Tensor &input) {
  const PanelLayout layout = op.getLayout();
  Tensor result(Shape(op.getType().getShape()));
  for (int64_t row = 0; row < layout.rows; ++row)
    for (int64_t column = 0; column < layout.columns; ++column)
      result.values[layout.offset(row, column)] = input.values[row * layout.columns + column];
  return result;
}

Tensor unpack(const Tensor &weight, mlir::RankedTensorType type, int64_t rows, int64_t columns,
              int64_t groups) {
  if (!rules::isPackedMatrix(type))
    return weight;
  const int64_t stored = rules::weightColumns(type);
  const PanelLayout layout{
      .rows = rows, .columns = stored, .groups = groups, .interleave = type.getDimSize(3)};
  Tensor result({rows, columns});
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < std::min(columns, stored); ++column)
      result.row(row)[column] = weight.values[layout.offset(row, column)];
  return result;
}

std::vector<float> unpackBias(const Tensor &bias, mlir::RankedTensorType weightType, int64_t rows,
                              int64_t groups) {
  if (!rules::isPackedMatrix(weightType))
    return bias.values;
  const PanelLayout layout{.rows = rows, .columns = 1, .groups = groups, .interleave = 1};
  std::vector<float> result(rows);
  for (int64_t row = 0; row < rows; ++row)
    result[row] = bias.values[layout.channel(row)];
  return result;
}

} // namespace graphc::reference
