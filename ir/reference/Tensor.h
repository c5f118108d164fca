// Tensor: what the reference computes with. Every element type is held as f32; a number of a narrow
// type is the f32 number that it stands for, rounded exactly.
#ifndef GRAPHC_IR_REFERENCE_TENSOR_H
#define GRAPHC_IR_REFERENCE_TENSOR_H

#include "ir/GraphDialect.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace graphc {

using Shape = std::vector<int64_t>;

/// Product of the extents.
int64_t elementCount(std::span<const int64_t> shape);

/// A dense row-major tensor.
struct Tensor {
  Tensor() = default;
  /// All zeros.
  explicit Tensor(Shape shape) : shape(std::move(shape)), values(elementCount(this->shape)) {}
  Tensor(Shape shape, std::vector<float> values)
      : shape(std::move(shape)), values(std::move(values)) {}

  int64_t rank() const { return static_cast<int64_t>(shape.size()); }
  int64_t size() const { return static_cast<int64_t>(values.size()); }
  /// The last extent; 1 for a scalar.
  int64_t columns() const { return shape.empty() ? 1 : shape.back(); }
  /// Product of all extents but the last.
  int64_t rows() const { return columns() == 0 ? 0 : size() / columns(); }

  /// Numbers of row i, where rows run over all dimensions but the last.
  std::span<float> row(int64_t i) { return std::span(values).subspan(i * columns(), columns()); }
  std::span<const float> row(int64_t i) const {
    return std::span(values).subspan(i * columns(), columns());
  }

  bool operator==(const Tensor &other) const = default;

  Shape shape;
  std::vector<float> values;
};

/// Tensors are shared between the values of a function that are the same.
using TensorPtr = std::shared_ptr<const Tensor>;

/// Rounds an exact value once, to nearest even, to an element type (f32, bf16 or f16).
float roundTo(mlir::Type elementType, double value);

/// Rounds values in place to what an element type can hold (f32: nothing to do).
void roundTo(mlir::Type elementType, std::span<float> values);

/// Rounds a row in place to numbers of an element type, also one whose numbers share scales.
void roundRow(mlir::Type elementType, std::span<float> row);

/// Rounds a row of a weight to a quantized type, with the rule of graphc.quantize.
void quantizeRow(QuantType type, bool search, std::span<float> row);

/// Distance in numbers between neighbours of each dimension.
Shape stridesOf(std::span<const int64_t> shape);

} // namespace graphc

#endif // GRAPHC_IR_REFERENCE_TENSOR_H
