// What the tests of the matmul kernels share: numbers in memory, packed weights, sums in f64 with
// a bound of their rounding errors.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_MATMULFIXTURE_H
#define GRAPHC_TESTS_UNIT_CODEGEN_MATMULFIXTURE_H

#include "KernelRunner.h"

#include "ir/PanelLayout.h"
#include "runtime/base/ElementType.h"

#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace graphc::test {

/// f32, bf16 or f16 numbers as a kernel reads and writes them.
class Numbers {
public:
  Numbers(ElementType type, int64_t count)
      : elementType(type), floats(type == ElementType::F32 ? size_t(count) : 0),
        halves(type == ElementType::F32 ? 0 : size_t(count)), count(count) {}

  ElementType type() const { return elementType; }
  int64_t size() const { return count; }
  void *data() {
    return elementType == ElementType::F32 ? static_cast<void *>(floats.data()) : halves.data();
  }
  float get(int64_t i) const {
    return elementType == ElementType::F32   ? floats[size_t(i)]
           : elementType == ElementType::F16 ? fromF16(halves[size_t(i)])
                                             : fromBf16(halves[size_t(i)]);
  }
  void set(int64_t i, float value) {
    if (elementType == ElementType::F32)
      floats[size_t(i)] = value;
    else
      halves[size_t(i)] = elementType == ElementType::F16 ? toF16(value) : toBf16(value);
  }
  void fill(float value) {
    for (int64_t i = 0; i < count; ++i)
      set(i, value);
  }
  /// Normal numbers; the same for the same seed.
  void randomize(unsigned seed, float scale = 1) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, scale);
    for (int64_t i = 0; i < count; ++i)
      set(i, normal(random));
  }

private:
  ElementType elementType;
  AlignedArray<float> floats;
  AlignedArray<uint16_t> halves;
  int64_t count;
};

/// Rows of a result compared bit by bit.
inline bool sameBits(const Numbers &a, int64_t atA, const Numbers &b, int64_t atB, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    if (std::bit_cast<uint32_t>(a.get(atA + i)) != std::bit_cast<uint32_t>(b.get(atB + i)))
      return false;
  }
  return true;
}

/// `matrix` [layout.rows][layout.columns] in panels, as graphc.pack puts it.
inline Numbers packed(const Numbers &matrix, const PanelLayout &layout) {
  Numbers result(matrix.type(), layout.panels() * layout.panelSize());
  for (int64_t row = 0; row < layout.rows; ++row) {
    for (int64_t column = 0; column < layout.columns; ++column)
      result.set(layout.offset(row, column), matrix.get(row * layout.columns + column));
  }
  return result;
}

/// A real number and how far a kernel's f32 may be from it. Every operation adds the bound of its
/// own rounding to those of its operands.
struct Approx {
  static constexpr double kUlp = 0x1p-24; ///< Half a unit in the last place of f32, relative.

  double value = 0;
  double error = 0;

  Approx operator+(const Approx &other) const {
    return rounded(value + other.value, error + other.error);
  }
  Approx operator-(const Approx &other) const {
    return rounded(value - other.value, error + other.error);
  }
  Approx operator*(const Approx &other) const {
    return rounded(value * other.value, std::abs(value) * other.error +
                                            std::abs(other.value) * error + error * other.error);
  }
  /// As a number of `type` keeps it.
  Approx storedAs(ElementType type) const {
    double unit = type == ElementType::F32 ? 0 : 0x1p-8;
    return {value, error + unit * (std::abs(value) + error)};
  }
  bool holds(float found) const { return std::abs(double(found) - value) <= error; }

private:
  static Approx rounded(double value, double error) {
    return {value, error + kUlp * (std::abs(value) + error) + 1e-37};
  }
};

/// Row `t` of `rows` times row `n` of a matrix of `depth` columns. A chain of `depth` roundings is
/// off by at most depth * kUlp * Σ |a b| (to first order; the factor covers the rest).
inline Approx product(const Numbers &rows, int64_t t, int64_t stride, const Numbers &matrix,
                      int64_t n, int64_t depth) {
  double sum = 0, magnitude = 0;
  for (int64_t k = 0; k < depth; ++k) {
    double term = double(rows.get(t * stride + k)) * double(matrix.get(n * depth + k));
    sum += term;
    magnitude += std::abs(term);
  }
  return {sum, 1.01 * double(depth + 1) * Approx::kUlp * magnitude + 1e-36};
}

/// Element types of the factors of a product.
struct FactorTypes {
  ElementType rows = ElementType::F32, weight = ElementType::F32;
};

/// What products are tested with: every level with both types of rows and their own type of weight,
/// bf16 also where it is widened and where tiles multiply it, and f32 rows with each type of weight
/// that becomes f32 in registers.
inline std::vector<std::tuple<std::string, FactorTypes>> targetsAndTypes() {
  constexpr FactorTypes kBf16 = {ElementType::BF16, ElementType::BF16};
  std::vector<std::tuple<std::string, FactorTypes>> all;
  for (const std::string &target : availableTargets()) {
    if (!target.ends_with("+widen-bf16"))
      for (ElementType weight : {ElementType::F32, ElementType::F16, ElementType::BF16})
        all.emplace_back(target, FactorTypes{ElementType::F32, weight});
    all.emplace_back(target, kBf16);
  }
  for (const std::string &level : availableTileLevels())
    all.emplace_back(level, kBf16);
  return all;
}

/// "f32", "f16" or "bf16", as in IR.
inline std::string nameOf(ElementType type) { return std::string(elementTypeName(type)); }

/// "f32", or "f32_f16" where the weight is of another type than the rows.
inline std::string nameOf(const FactorTypes &types) {
  return nameOf(types.rows) + (types.weight == types.rows ? "" : "_" + nameOf(types.weight));
}

/// What a fused op says of its rows where the weight is of another type.
inline std::string rowsClause(const FactorTypes &types) {
  return types.weight == types.rows ? "" : " rows(" + nameOf(types.rows) + ")";
}

/// "tensor<4x?x8xbf16>"; -1 is `?`.
inline std::string tensorText(const std::vector<int64_t> &shape, ElementType type) {
  std::string text = "tensor<";
  for (int64_t extent : shape)
    text += (extent < 0 ? "?" : std::to_string(extent)) + "x";
  return text + nameOf(type) + ">";
}

/// The type of a weight packed as `layout`.
inline std::string packedText(const PanelLayout &layout, ElementType type) {
  return tensorText(
      {layout.panels(), layout.paddedColumns() / layout.interleave, kPanelRows, layout.interleave},
      type);
}

/// Innermost loops of `assembly` with a multiply-add that also have vectors on the stack:
/// accumulators that do not fit in registers. `found` counts the loops with a multiply-add.
std::vector<std::string> loopsThatSpill(const std::string &assembly, int &found);

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_MATMULFIXTURE_H
