// The two factors of a product in a kernel's memory, floats or quantized, and what their sums are.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_MATMULFACTORS_H
#define GRAPHC_TESTS_UNIT_CODEGEN_MATMULFACTORS_H

#include "MatmulFixture.h"

#include "codegen/pack/PackedLayout.h"

#include <memory>
#include <span>

namespace graphc::test {

/// Rows [count][width] of which a weight of `layout` has the first columns, and that weight,
/// packed.
class MatmulFactors {
public:
  virtual ~MatmulFactors() = default;

  /// Types of the operands in IR, and what a fused op says of its rows.
  virtual std::string rowsText() const = 0;
  virtual std::string weightText() const = 0;
  virtual std::string rowsClause() const { return ""; }

  virtual void *rows() = 0;
  virtual void *weight() = 0;
  /// The rows with the zeros behind K that an op asks for; rows() may have there what no kernel
  /// reads.
  virtual void *cleanRows() { return rows(); }

  /// Row `t` times row `n` of the weight.
  virtual Approx sum(int64_t t, int64_t n) const = 0;
};

/// Rows of normal numbers, a weight of a tenth of their size. `layout` is that of the types;
/// `padding`: columns of a row behind those of the weight.
std::unique_ptr<MatmulFactors> makeFactors(const FactorTypes &types, int64_t count,
                                           const PanelLayout &layout, int64_t padding);

class FloatFactors : public MatmulFactors {
public:
  FloatFactors(const FactorTypes &types, int64_t count, const PanelLayout &layout, int64_t padding);

  std::string rowsText() const override { return tensorText({-1, width}, left.type()); }
  std::string weightText() const override { return packedText(layout, nameOf(matrix.type())); }
  std::string rowsClause() const override;
  void *rows() override { return left.data(); }
  void *cleanRows() override { return clean.data(); }
  void *weight() override { return right.data(); }
  Approx sum(int64_t t, int64_t n) const override {
    return product(left, t, width, matrix, n, layout.columns);
  }

  float row(int64_t t, int64_t k) const { return left.get(t * width + k); }
  float number(int64_t n, int64_t k) const { return matrix.get(n * layout.columns + k); }

private:
  const PanelLayout layout;
  const int64_t width;
  Numbers left, clean, matrix, right;
};

/// A matrix as packPanel() quantizes it, and its numbers after that, found group by group; of a
/// format that is not made of floats, numbers of its own that are about as large.
class QuantizedWeight {
public:
  /// `matrix`: [layout.rows][layout.columns]; the layout's interleave is the format's block.
  QuantizedWeight(const Numbers &matrix, const PanelLayout &layout, const QuantFormat &format);

  float number(int64_t n, int64_t k) const { return rounded[size_t(n * columns + k)]; }
  std::span<const std::byte> bytes() const { return {&packedBytes[0], packedBytes.size()}; }
  void *data() { return packedBytes.data(); }

private:
  void quantize(const Numbers &matrix, const PackedLayout &to);
  void invent(const PackedLayout &to);

  int64_t columns;
  AlignedArray<std::byte> packedBytes;
  std::vector<float> rounded;
};

/// Rows as ir/QuantFormat.h has them, made of numbers [count][columns] and zeros up to `width`.
class QuantizedRows {
public:
  /// `offset`: that of the weight which the rows will meet.
  QuantizedRows(const Numbers &numbers, int64_t columns, int64_t width,
                const QuantRowFormat &format, int64_t offset);

  float number(int64_t t, int64_t k) const { return rounded[size_t(t * columns + k)]; }
  std::span<const std::byte> bytes() const { return {&rowBytes[0], rowBytes.size()}; }
  void *data() { return rowBytes.data(); }

private:
  void quantizeGroup(const Numbers &numbers, int64_t t, int64_t first);

  int64_t columns, width;
  QuantRowFormat format;
  int64_t offset;
  AlignedArray<std::byte> rowBytes;
  std::vector<float> rounded;
};

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_MATMULFACTORS_H
