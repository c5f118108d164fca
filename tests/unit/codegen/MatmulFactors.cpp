#include "MatmulFactors.h"

#include "ir/QuantMatrix.h"

#include <cstring>
#include <random>

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
  if (format.hasTwoLevels() || format.hasMinimum || format.isNonlinear || format.highBits() != 0)
    invent(to);
  else
    quantize(matrix, to);
}

void QuantizedWeight::quantize(const Numbers &matrix, const PackedLayout &to) {
  const QuantFormat &format = to.quant->format;
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

/// Row `channel`: any integers, scales and minimums that make numbers of about a tenth.
static void inventRow(std::mt19937 &random, QuantMatrix &matrix, int64_t channel) {
  const QuantFormat &format = matrix.format;
  auto between = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  const float most = 63.0f, step = 0.3f / float(format.most());
  for (int64_t k = 0; k < matrix.columns; ++k)
    matrix.integers[size_t(channel * matrix.paddedColumns() + k)] =
        int8_t(format.isNonlinear ? between(0, 15) : between(format.least(), format.most()));
  for (int64_t block = 0; block < matrix.blocks(); ++block) {
    auto at = size_t(channel * matrix.blocks() + block);
    float scale = step * float(between(50, 100)) / (format.hasTwoLevels() ? 100 * most : 100);
    matrix.scales[at] = toF16(scale);
    if (format.hasMinimum)
      matrix.minimums[at] = toF16(-scale * float(format.most()) * float(between(30, 60)) / 100);
  }
  for (int64_t group = 0; group < matrix.groups() && format.hasTwoLevels(); ++group) {
    auto at = size_t(channel * matrix.groups() + group);
    matrix.factors[at] = int8_t(between(format.hasMinimum ? 0 : -64, 63));
    if (format.hasMinimum)
      matrix.minimumFactors[at] = int8_t(between(0, 63));
  }
}

void QuantizedWeight::invent(const PackedLayout &to) {
  std::mt19937 random(7);
  for (int64_t p = 0; p < to.panels(); ++p) {
    QuantMatrix panel(to.quant->format, kPanelRows, columns);
    for (const PanelPart &part : to.parts(p)) {
      for (int64_t i = 0; i < part.count; ++i) {
        inventRow(random, panel, part.channel + i);
        panel.read(part.channel + i,
                   std::span(rounded).subspan(size_t((part.row + i) * columns), size_t(columns)));
      }
    }
    writePanel(panel, {packedBytes.data() + p * to.panelBytes(), size_t(to.panelBytes())});
  }
}

QuantizedRows::QuantizedRows(const Numbers &numbers, int64_t columns, int64_t width,
                             const QuantRowFormat &format, int64_t offset)
    : columns(columns), width(width), format(format), offset(offset),
      rowBytes(size_t(numbers.size() / columns * format.rowBytes(width))),
      rounded(size_t(numbers.size())) {
  for (int64_t t = 0; t < numbers.size() / columns; ++t)
    for (int64_t first = 0; first < width; first += format.group)
      quantizeGroup(numbers, t, first);
}

void QuantizedRows::quantizeGroup(const Numbers &numbers, int64_t t, int64_t first) {
  std::vector<float> values(size_t(format.group), 0.0f);
  std::vector<int8_t> integers(size_t(format.group), 0);
  int64_t count = std::clamp<int64_t>(columns - first, 0, format.group);
  for (int64_t i = 0; i < count; ++i)
    values[size_t(i)] = numbers.get(t * columns + first + i);
  float scale = quantizeRowGroup(values, integers);
  std::vector<int32_t> sums(size_t(format.group / format.span), 0);
  std::byte *row = rowBytes.data() + t * format.rowBytes(width);
  for (int64_t i = 0; i < format.group; ++i) {
    int8_t integer = integers[size_t(i)];
    row[first + i / 4 * 4 + byteOfColumn(i)] = std::byte(integer);
    sums[size_t(i / format.span)] -= int32_t(offset) * integer;
    if (i < count)
      rounded[size_t(t * columns + first + i)] = scale * float(integer);
  }
  const int64_t words = width / format.group;
  std::memcpy(row + width + first / format.group * 4, &scale, sizeof scale);
  std::memcpy(row + width + words * 4 + first / format.span * 4, sums.data(), sums.size() * 4);
}

namespace {

/// A row is one group of columns longer than the weight, with zeros.
class QuantFactors : public MatmulFactors {
public:
  QuantFactors(const FactorTypes &types, int64_t count, const PanelLayout &layout)
      : types(types), layout(layout),
        rowFormat(QuantRowFormat::of(*types.quant, layout.paddedColumns())),
        width(layout.paddedColumns() + rowFormat.group),
        floats(types.rows == ElementType::BF16 ? types.rows : ElementType::F32, count * width),
        right(randomNumbers(layout.rows * layout.columns, 2, 0.1f), layout, *types.quant) {
    Numbers numbers = randomNumbers(count * layout.columns, 1, 1);
    if (types.rows == ElementType::I8)
      integers.emplace(numbers, layout.columns, width, rowFormat, types.quant->rowOffset());
    for (int64_t i = 0; i < numbers.size(); ++i)
      floats.set(i / layout.columns * width + i % layout.columns, numbers.get(i));
  }

  std::string rowsText() const override {
    return tensorText({-1, width}, integers ? quantRowsText(rowFormat) : nameOf(types.rows));
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
  const QuantRowFormat rowFormat;
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
