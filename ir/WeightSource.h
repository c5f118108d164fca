// WeightSource: where the bytes behind `graphc.checkpoint "name"` come from.
//
// The evaluator of weight expressions (the packer's and the reference's) sees a checkpoint only
// through this interface, so neither knows of file formats: frontend/weights implements it for
// safetensors files and for random weights, a test may implement it over vectors. No MLIR here.
//
// Every tensor is seen as a matrix of f32 rows, whatever its rank and stored type:
//
//   rank 0        [1, 1]
//   rank 1  [N]   [N, 1]                      a vector is N rows of one value
//   rank k  [N, d1, ..., dk-1]   [N, d1*...*dk-1]
//
// so a whole tensor is always rows [0, rows()), row-major, and any block of leading indices is a
// row range.
#ifndef GRAPHC_IR_WEIGHTSOURCE_H
#define GRAPHC_IR_WEIGHTSOURCE_H

#include "ir/QuantFormat.h"
#include "runtime/base/ElementType.h"
#include "runtime/base/Status.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

struct QuantMatrix;

/// Stored type and shape of a checkpoint tensor. Whoever makes one has checked that every extent is
/// >= 0 and that the product of all of them, times the size of an element, fits int64_t.
struct TensorInfo {
  ElementType type = ElementType::F32;
  std::vector<int64_t> shape;
  /// Of a tensor whose numbers share scales: their form. `type` is then F32, which holds them.
  std::optional<QuantFormat> quant = {};

  /// Rows and columns of the matrix view described above.
  int64_t rows() const { return shape.empty() ? 1 : shape.front(); }
  int64_t columns() const {
    int64_t result = 1;
    for (size_t i = 1; i < shape.size(); ++i)
      result *= shape[i];
    return result;
  }
  int64_t elements() const { return rows() * columns(); }

  bool operator==(const TensorInfo &) const = default;
};

/// A read-only set of named tensors. All functions may be called from several threads at once.
class WeightSource {
public:
  WeightSource() = default;
  WeightSource(const WeightSource &) = delete;
  WeightSource &operator=(const WeightSource &) = delete;
  virtual ~WeightSource() = default;

  /// Type and shape of a tensor, or null when there is none of that name. The pointer lives as long
  /// as the source.
  virtual const TensorInfo *find(std::string_view name) const = 0;

  /// The names of all tensors, sorted.
  virtual std::vector<std::string> names() const = 0;

  /// Converts rows [rowBegin, rowEnd) of a tensor's matrix view to f32, row-major, into `out`,
  /// which holds exactly (rowEnd - rowBegin) * columns() values. The values do not depend on how
  /// the rows are divided among calls. Internal failure for an unknown name, a range outside the
  /// tensor or a buffer of another size: callers have asked find() before.
  virtual Status readRows(std::string_view name, int64_t rowBegin, int64_t rowEnd,
                          std::span<float> out) const = 0;

  /// What the numbers of rows [rowBegin, rowEnd) are made of, into the rows of `out` from `outRow`
  /// on; for a tensor with `quant`, whose form and columns `out` has.
  virtual Status readQuant(std::string_view name, int64_t rowBegin, int64_t rowEnd, int64_t outRow,
                           QuantMatrix &out) const {
    return internalError("tensor '" + std::string(name) + "' has no scales");
  }

  /// A hint that a tensor will not be read again soon, so that memory which holds it can go.
  /// Reading it later still works.
  virtual void release(std::string_view name) const {}
};

} // namespace graphc

#endif // GRAPHC_IR_WEIGHTSOURCE_H
