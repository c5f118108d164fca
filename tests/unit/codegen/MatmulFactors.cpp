#include "MatmulFactors.h"

#include "codegen/pack/PackedLayout.h"

#include <cstring>

namespace graphc::test {

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

FloatFactors::FloatFactors(const FactorTypes &types, int64_t count, const PanelLayout &layout,
                           int64_t padding)
    : layout(layout), width(layout.columns + padding), left(types.rows, count * width),
      clean(types.rows, count * width), matrix(types.weight, layout.rows * layout.columns),
      right(types.weight, 0) {
  left.randomize(1);
  matrix.randomize(2, 0.1f);
  right = packed(matrix, layout);
  // Behind a row's K (and the zeros up to whole pairs) nothing may be read.
  int64_t valid = layout.paddedColumns();
  for (int64_t i = 0; i < left.size(); ++i) {
    int64_t k = i % width;
    clean.set(i, k < layout.columns ? left.get(i) : 0);
    if (k >= layout.columns)
      left.set(i, k < valid ? 0 : NAN);
  }
}

std::string FloatFactors::rowsClause() const {
  return matrix.type() == left.type() ? "" : " rows(" + nameOf(left.type()) + ")";
}

//===----------------------------------------------------------------------===//
// Quantized
//===----------------------------------------------------------------------===//

static PackedLayout quantized(const PanelLayout &layout, const QuantFormat &format) {
  PackedLayout result;
  static_cast<PanelLayout &>(result) = layout;
  result.quant = Quantization{format, /*search=*/true};
  return result;
}

QuantizedWeight::QuantizedWeight(const Numbers &matrix, const PanelLayout &layout,
                                 const QuantFormat &format)
    : columns(layout.columns), packedBytes(size_t(quantized(layout, format).bytes())),
      rounded(size_t(matrix.size())) {
  PackedLayout to = quantized(layout, format);
  std::vector<float> panel(size_t(kPanelRows * columns));
  for (int64_t p = 0; p < to.panels(); ++p) {
    std::fill(panel.begin(), panel.end(), 0.0f);
    for (const PanelPart &part : to.parts(p))
      for (int64_t i = 0; i < part.count * columns; ++i)
        panel[size_t(part.channel * columns + i)] = matrix.get(part.row * columns + i);
    packPanel(to, panel, {packedBytes.data() + p * to.panelBytes(), size_t(to.panelBytes())});
  }
  for (int64_t i = 0; i < matrix.size(); ++i)
    rounded[size_t(i)] = matrix.get(i);
  for (int64_t at = 0; at < matrix.size();) {
    auto count = size_t(std::min(format.group, columns - at % columns));
    std::span<float> group = std::span(rounded).subspan(size_t(at), count);
    std::vector<int8_t> integers(count);
    float scale = quantizeGroup(format, /*search=*/true, group, integers);
    for (size_t i = 0; i < count; ++i)
      group[i] = scale * float(integers[i]);
    at += int64_t(count);
  }
}

QuantizedRows::QuantizedRows(const Numbers &numbers, int64_t columns, int64_t width, int64_t bits)
    : columns(columns), rowBytes(size_t(numbers.size() / columns * quantRowBytes(width))),
      rounded(size_t(numbers.size())) {
  for (int64_t t = 0; t < numbers.size() / columns; ++t)
    for (int64_t first = 0; first < width; first += kRowGroup)
      quantizeGroup(numbers, t, first, width, bits);
}

void QuantizedRows::quantizeGroup(const Numbers &numbers, int64_t t, int64_t first, int64_t width,
                                  int64_t bits) {
  std::vector<float> values(kRowGroup);
  std::vector<int8_t> integers(kRowGroup);
  int64_t count = std::clamp<int64_t>(columns - first, 0, kRowGroup);
  for (int64_t i = 0; i < count; ++i)
    values[size_t(i)] = numbers.get(t * columns + first + i);
  float scale = quantizeRowGroup(values, integers);
  int32_t sum = 0;
  std::byte *row = rowBytes.data() + t * quantRowBytes(width);
  for (int64_t i = 0; i < kRowGroup; ++i) {
    int8_t integer = integers[size_t(i)];
    row[first + i / 4 * 4 + byteOfColumn(i)] = std::byte(integer);
    sum -= (bits == 4 ? 8 : 128) * integer;
    if (i < count)
      rounded[size_t(t * columns + first + i)] = scale * float(integer);
  }
  std::memcpy(row + width + first / kRowGroup * 4, &scale, sizeof scale);
  std::memcpy(row + width + width / kRowGroup * 4 + first / kRowGroup * 4, &sum, sizeof sum);
}

namespace {

/// A row is one group of columns longer than the weight, with zeros.
class QuantFactors : public MatmulFactors {
public:
  QuantFactors(const FactorTypes &types, int64_t count, const PanelLayout &layout)
      : types(types), layout(layout), width(layout.paddedColumns() + kRowGroup),
        floats(types.rows == ElementType::BF16 ? types.rows : ElementType::F32, count * width),
        right(randomNumbers(layout.rows * layout.columns, 2, 0.1f), layout, *types.quant) {
    Numbers numbers = randomNumbers(count * layout.columns, 1, 1);
    if (types.rows == ElementType::I8)
      integers.emplace(numbers, layout.columns, width, types.quant->bits);
    for (int64_t i = 0; i < numbers.size(); ++i)
      floats.set(i / layout.columns * width + i % layout.columns, numbers.get(i));
  }

  std::string rowsText() const override {
    return tensorText({-1, width}, integers ? std::string(kIntegerRows) : nameOf(types.rows));
  }
  std::string weightText() const override { return packedText(layout, quantText(*types.quant)); }
  void *rows() override { return integers ? integers->data() : floats.data(); }
  void *weight() override { return right.data(); }

  /// The scales of both factors and the joining of groups cost a few roundings more.
  Approx sum(int64_t t, int64_t n) const override {
    ApproxSum sum;
    for (int64_t k = 0; k < layout.columns; ++k) {
      float left = integers ? integers->number(t, k) : floats.get(t * width + k);
      sum.add({double(left) * double(right.number(n, k))});
    }
    return sum.result(/*more=*/8);
  }

private:
  static Numbers randomNumbers(int64_t count, unsigned seed, float scale) {
    Numbers numbers(ElementType::F32, count);
    numbers.randomize(seed, scale);
    return numbers;
  }

  const FactorTypes types;
  const PanelLayout layout;
  const int64_t width;
  Numbers floats; ///< The rows, unless they are integers.
  std::optional<QuantizedRows> integers;
  QuantizedWeight right;
};

} // namespace

std::unique_ptr<MatmulFactors> makeFactors(const FactorTypes &types, int64_t count,
                                           const PanelLayout &layout, int64_t padding) {
  if (types.quant)
    return std::make_unique<QuantFactors>(types, count, layout);
  return std::make_unique<FloatFactors>(types, count, layout, padding);
}

} // namespace graphc::test
