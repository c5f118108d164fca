// What the tests of the matmul kernels share: numbers in memory, packed weights, the types and
// targets that products are tested with.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_MATMULFIXTURE_H
#define GRAPHC_TESTS_UNIT_CODEGEN_MATMULFIXTURE_H

#include "Approx.h"
#include "KernelRunner.h"
#include "KernelText.h"

#include "ir/PanelLayout.h"
#include "ir/QuantFormat.h"
#include "runtime/base/ElementType.h"

#include <cmath>
#include <gtest/gtest.h>
#include <optional>
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

/// Row `t` of `rows` times row `n` of a matrix of `depth` columns.
inline Approx product(const Numbers &rows, int64_t t, int64_t stride, const Numbers &matrix,
                      int64_t n, int64_t depth) {
  ApproxSum sum;
  for (int64_t k = 0; k < depth; ++k)
    sum.add({double(rows.get(t * stride + k)) * double(matrix.get(n * depth + k))});
  return sum.result();
}

/// Element types of the factors of a product.
struct FactorTypes {
  ElementType rows = ElementType::F32; ///< I8: quantized as they come.
  ElementType weight = ElementType::F32;
  /// Of a weight of integers with scales, instead of numbers of the type `weight`.
  std::optional<QuantFormat> quant = {};

  /// A weight of `rows` x `columns` as kernels want it packed.
  PanelLayout layout(int64_t rows, int64_t columns, int64_t groups) const {
    return {rows, columns, groups, quant ? quant->blockColumns() : panelInterleave(weight)};
  }
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

/// Whether targetsAndQuantTypes() has the target with rows of one type only.
inline bool hasOneTypeOfRows(const std::string &target) {
  return target.ends_with("+widen-bf16") || llvm::is_contained(availableTileLevels(), target);
}

/// What products with a quantized weight are tested with: rows of each type on every level, rows of
/// bf16 also where they are widened. Tiles multiply quantized rows only: with others their level
/// has the code of the one below.
inline std::vector<std::tuple<std::string, FactorTypes>>
targetsAndQuantTypes(const std::vector<QuantFormat> &formats = {{.bits = 4}, {.bits = 8}}) {
  std::vector<std::tuple<std::string, FactorTypes>> all;
  for (const QuantFormat &format : formats) {
    auto add = [&](const std::string &target, ElementType rows) {
      all.emplace_back(target, FactorTypes{rows, ElementType::I8, format});
    };
    for (const std::string &target : availableTargets()) {
      add(target, ElementType::BF16);
      if (hasOneTypeOfRows(target))
        continue;
      add(target, ElementType::F32);
      add(target, ElementType::I8);
    }
    for (const std::string &level : availableTileLevels())
      add(level, ElementType::I8);
  }
  return all;
}

/// "f32", "f16", "bf16" or "i8", as in IR.
inline std::string nameOf(ElementType type) { return std::string(elementTypeName(type)); }

/// "w4", "w4m" with minimums, "w4n" nonlinear, "w4g64" with groups of 64, "w4g16s256" with two
/// levels.
inline std::string nameOf(const QuantFormat &format) {
  std::string name = "w" + std::to_string(format.bits) + (format.hasMinimum ? "m" : "") +
                     (format.isNonlinear ? "n" : "");
  if (format.hasTwoLevels() || format.group != kSpanColumns)
    name += "g" + std::to_string(format.group);
  if (format.hasTwoLevels())
    name += "s" + std::to_string(format.superGroup);
  return name;
}

/// "f32", "f32_f16" where the weight is of another type than the rows, "bf16_w4" where it is
/// quantized.
inline std::string nameOf(const FactorTypes &types) {
  if (types.quant)
    return nameOf(types.rows) + "_" + nameOf(*types.quant);
  return nameOf(types.rows) + (types.weight == types.rows ? "" : "_" + nameOf(types.weight));
}

inline std::ostream &operator<<(std::ostream &out, const FactorTypes &types) {
  out << nameOf(types);
  return types.quant ? out << " group " << types.quant->group : out;
}

/// The name of a test of targetsAndTypes() or targetsAndQuantTypes().
inline std::string
matmulTestName(const testing::TestParamInfo<std::tuple<std::string, FactorTypes>> &info) {
  return testNameOf(std::get<0>(info.param)) + "_" + nameOf(std::get<1>(info.param));
}

inline std::string tensorText(const std::vector<int64_t> &shape, ElementType type) {
  return tensorText(shape, nameOf(type));
}

/// "!graphc.quant<i4:f16, 32>".
inline std::string quantText(const QuantFormat &format) {
  std::string text = format.hasMinimum ? "ui" : "i";
  text += std::to_string(format.bits) + (format.isNonlinear ? " of nonlinear" : "") + ":f16, " +
          std::to_string(format.group);
  if (format.hasTwoLevels())
    text += ", " + std::to_string(format.superGroup);
  return "!graphc.quant<" + text + ">";
}

/// That of quantized rows.
inline std::string quantRowsText(const QuantRowFormat &rows) {
  std::string text = "!graphc.quant<i8:f32, " + std::to_string(rows.span);
  return text + (rows.group == rows.span ? ">" : ", " + std::to_string(rows.group) + ">");
}

/// The type of a weight packed as `layout`.
inline std::string packedText(const PanelLayout &layout, const std::string &element) {
  return tensorText(
      {layout.panels(), layout.paddedColumns() / layout.interleave, kPanelRows, layout.interleave},
      element);
}

/// Innermost loops of `assembly` with a multiply-add that also have vectors on the stack:
/// accumulators that do not fit in registers. `found` counts the loops with a multiply-add.
std::vector<std::string> loopsThatSpill(const std::string &assembly, int &found);

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_MATMULFIXTURE_H
