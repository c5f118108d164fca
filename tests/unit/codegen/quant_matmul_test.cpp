// Matmuls with quantized weights: prepare_rows makes the rows, fused_linear multiplies them, and
// the result is compared with sums in f64 of what was rounded and with the reference, on every
// level that this machine has.
#include "KernelReference.h"
#include "MatmulFixture.h"

#include "codegen/pack/PackedLayout.h"
#include "ir/QuantFormat.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr int64_t kMaxRows = 35;
constexpr int64_t kRowCounts[] = {1, 2, 3, 4, 5, 7, 8, 11, 12, 16, 25, 32, 35};

enum class Rows { F32, BF16, I8 };

/// A fused_linear with a quantized weight, and the prepare_rows before it.
struct QuantSpec {
  QuantFormat format;
  Rows rows = Rows::I8;
  int64_t depth = 64;    ///< K
  int64_t channels = 32; ///< N of the result.
  bool gate = false;

  int64_t weightRows() const { return gate ? 2 * channels : channels; }
  int64_t paddedDepth() const { return roundUp(depth, format.group); }
  /// Columns of a prepared row: more than the weight has.
  int64_t width() const { return paddedDepth() + 32; }
  PackedLayout layout() const {
    PackedLayout layout;
    layout.rows = weightRows();
    layout.columns = depth;
    layout.groups = gate ? 1 : 0;
    layout.interleave = format.group;
    layout.quant = Quantization{format, /*search=*/true};
    return layout;
  }
  std::string rowsElement() const {
    return rows == Rows::F32 ? "f32" : rows == Rows::BF16 ? "bf16" : "!graphc.quant<i8:f32, 32>";
  }
  int64_t rowBytes() const {
    return rows == Rows::I8 ? quantRowBytes(width()) : width() * (rows == Rows::F32 ? 4 : 2);
  }
};

std::ostream &operator<<(std::ostream &out, const QuantSpec &spec) {
  return out << spec.format.bits << " bits, group " << spec.format.group << ", rows "
             << spec.rowsElement() << ", K " << spec.depth << " N " << spec.channels << " gate "
             << spec.gate;
}

std::string prepareText(const QuantSpec &spec) {
  std::string k = std::to_string(spec.depth), input = "tensor<?x" + k + "xf32>";
  std::string rows = "tensor<?x" + std::to_string(spec.width()) + "x" + spec.rowsElement() + ">";
  std::string offset =
      spec.rows == Rows::I8 ? (spec.format.bits == 4 ? " offset 8" : " offset 128") : "";
  std::string gamma = "tensor<" + k + "xf32>";
  return "graphc.kernel @k(%x: " + input + ", %g: " + gamma + ") -> " + rows +
         " {\n  %0 = graphc.prepare_rows %x gamma(%g)" + offset + " : (" + input + ", " + gamma +
         ") -> " + rows + "\n  graphc.yield %0 : " + rows + "\n}\n";
}

std::string linearText(const QuantSpec &spec) {
  std::string rows = "tensor<?x" + std::to_string(spec.width()) + "x" + spec.rowsElement() + ">";
  std::string group = std::to_string(spec.format.group);
  std::string weight = "tensor<" + std::to_string(spec.layout().panels()) + "x" +
                       std::to_string(spec.paddedDepth() / spec.format.group) + "x32x" + group +
                       "x!graphc.quant<i" + std::to_string(spec.format.bits) + ":f16, " + group +
                       ">>";
  std::string result = "tensor<?x" + std::to_string(spec.channels) + "xf32>";
  return "graphc.kernel @k(%x: " + rows + ", %w: " + weight + ") -> " + result +
         " {\n  %0 = graphc.fused_linear %x, %w" + (spec.gate ? " gate(silu)" : "") + " : (" +
         rows + ", " + weight + ") -> " + result + "\n  graphc.yield %0 : " + result + "\n}\n";
}

/// A row or a weight's row after rounding, group by group.
template <typename Quantize>
std::vector<float> rounded(std::vector<float> values, int64_t group, Quantize quantize) {
  std::vector<int8_t> integers(static_cast<size_t>(group));
  for (size_t at = 0; at < values.size(); at += integers.size()) {
    auto part = std::span(values).subspan(at, std::min(integers.size(), values.size() - at));
    float scale = quantize(part, std::span(integers).first(part.size()));
    for (size_t i = 0; i < part.size(); ++i)
      part[i] = scale * static_cast<float>(integers[i]);
  }
  return values;
}

class QuantCase {
public:
  explicit QuantCase(const QuantSpec &spec)
      : spec(spec), input(ElementType::F32, kMaxRows * spec.depth),
        gamma(ElementType::F32, spec.depth), weight(static_cast<size_t>(spec.layout().bytes())),
        rows(static_cast<size_t>(kMaxRows * spec.rowBytes())) {
    input.randomize(1);
    gamma.randomize(2);
    Numbers matrix(ElementType::F32, spec.weightRows() * spec.depth);
    matrix.randomize(3, 0.1f);
    packWeight(matrix);
    roundRows();
    roundWeight(matrix);
  }

  /// Runs prepare_rows over all rows.
  void prepare(KernelRunner &kernel) {
    StepArrays step;
    step.T = kMaxRows;
    std::vector<void *> memory = {input.data(), gamma.data(), rows.data()};
    kernel.run(step, memory);
    expectAsReference(kernel, step, memory, /*slack=*/0);
  }

  Numbers multiply(KernelRunner &kernel, int64_t count, int64_t pieces) {
    Numbers result(ElementType::F32, kMaxRows * spec.channels);
    StepArrays step;
    step.T = count;
    std::vector<void *> memory = {rows.data(), weight.data(), result.data()};
    kernel.run(step, memory, pieces);
    if (count == kMaxRows)
      expectAsReference(kernel, step, memory, 2e-5);
    return result;
  }

  /// The sum, and a bound of the kernel's rounding errors: a few for each group of a chain.
  Approx sum(int64_t t, int64_t n) const {
    double total = 0, magnitude = 0;
    for (int64_t k = 0; k < spec.depth; ++k) {
      double term =
          double(roundedRows[t * spec.depth + k]) * double(roundedWeight[n * spec.depth + k]);
      total += term;
      magnitude += std::abs(term);
    }
    return {total, 1.01 * double(spec.depth + 8) * Approx::kUlp * magnitude + 1e-36};
  }

  Approx expected(int64_t t, int64_t n) const {
    Approx value = sum(t, n);
    if (!spec.gate)
      return value;
    Approx gate{value.value / (1 + std::exp(-value.value)),
                1.13 * value.error + 8 * Approx::kUlp * std::abs(value.value)};
    return gate * sum(t, n + spec.channels);
  }

  /// The bytes of a prepared row of integers are exactly what ir/QuantFormat.h says.
  void expectRowBytes() const {
    std::vector<int8_t> integers(kRowGroup);
    int64_t offset = spec.format.bits == 4 ? 8 : 128;
    for (int64_t t = 0; t < kMaxRows; ++t) {
      const std::byte *row = rows.data() + t * spec.rowBytes();
      for (int64_t k = 0; k < spec.width(); k += kRowGroup) {
        std::vector<float> values(kRowGroup);
        for (int64_t i = k; i < std::min(k + kRowGroup, spec.depth); ++i)
          values[static_cast<size_t>(i - k)] = input.get(t * spec.depth + i) * gamma.get(i);
        float scale = quantizeRowGroup(values, integers);
        int32_t sum = 0;
        for (int64_t i = 0; i < kRowGroup; ++i) {
          ASSERT_EQ(static_cast<int8_t>(row[k + i / 4 * 4 + byteOfColumn(i)]),
                    integers[static_cast<size_t>(i)])
              << spec;
          sum -= static_cast<int32_t>(offset) * integers[static_cast<size_t>(i)];
        }
        ASSERT_EQ(wordAt<float>(row + spec.width() + k / 8), scale) << spec << " row " << t;
        ASSERT_EQ(wordAt<int32_t>(row + spec.width() + spec.width() / 8 + k / 8), sum) << spec;
      }
    }
  }

  /// With one number of a row in place of another, the scales of its groups after prepare_rows.
  std::vector<float> scalesWith(KernelRunner &kernel, int64_t t, int64_t k, float number) {
    const float before = input.get(t * spec.depth + k);
    input.set(t * spec.depth + k, number);
    StepArrays step;
    step.T = kMaxRows;
    kernel.run(step, {input.data(), gamma.data(), rows.data()});
    input.set(t * spec.depth + k, before);
    std::vector<float> scales;
    for (int64_t at = 0; at < spec.width(); at += kRowGroup)
      scales.push_back(wordAt<float>(rows.data() + t * spec.rowBytes() + spec.width() + at / 8));
    return scales;
  }

  const QuantSpec spec;

private:
  template <typename Word>
  static Word wordAt(const std::byte *at) {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }

  void packWeight(const Numbers &matrix) {
    PackedLayout layout = spec.layout();
    std::vector<float> panel(static_cast<size_t>(kPanelRows * spec.depth));
    for (int64_t p = 0; p < layout.panels(); ++p) {
      std::fill(panel.begin(), panel.end(), 0.0f);
      for (const PanelPart &part : layout.parts(p))
        for (int64_t i = 0; i < part.count * spec.depth; ++i)
          panel[static_cast<size_t>(part.channel * spec.depth + i)] =
              matrix.get(part.row * spec.depth + i);
      packPanel(layout, panel,
                std::span(weight).subspan(static_cast<size_t>(p * layout.panelBytes()),
                                          static_cast<size_t>(layout.panelBytes())));
    }
  }

  void roundRows() {
    for (int64_t t = 0; t < kMaxRows; ++t) {
      std::vector<float> row;
      for (int64_t k = 0; k < spec.depth; ++k) {
        float value = input.get(t * spec.depth + k) * gamma.get(k);
        row.push_back(spec.rows == Rows::BF16 ? fromBf16(toBf16(value)) : value);
      }
      if (spec.rows == Rows::I8)
        row = rounded(row, kRowGroup, quantizeRowGroup);
      roundedRows.insert(roundedRows.end(), row.begin(), row.end());
    }
  }

  void roundWeight(const Numbers &matrix) {
    for (int64_t n = 0; n < spec.weightRows(); ++n) {
      std::vector<float> row;
      for (int64_t k = 0; k < spec.depth; ++k)
        row.push_back(matrix.get(n * spec.depth + k));
      row = rounded(row, spec.format.group, [&](auto values, auto out) {
        return quantizeGroup(spec.format, /*search=*/true, values, out);
      });
      roundedWeight.insert(roundedWeight.end(), row.begin(), row.end());
    }
  }

  Numbers input, gamma;
  std::vector<std::byte> weight, rows;
  std::vector<float> roundedRows, roundedWeight;
};

/// Right sums for all rows; the same bits for any number of rows and any cut into tasks.
void checkQuant(const QuantSpec &spec, const std::string &level) {
  QuantCase test(spec);
  auto prepare = KernelRunner::compile(prepareText(spec), level, {kMaxRows, kMaxRows, kMaxRows});
  auto linear = KernelRunner::compile(linearText(spec), level, {kMaxRows, kMaxRows, kMaxRows});
  ASSERT_TRUE(prepare && linear) << spec;
  test.prepare(*prepare);
  if (spec.rows == Rows::I8)
    test.expectRowBytes();
  Numbers whole = test.multiply(*linear, kMaxRows, 1);
  for (int64_t t = 0; t < kMaxRows; ++t)
    for (int64_t n = 0; n < spec.channels; ++n) {
      Approx expected = test.expected(t, n);
      ASSERT_TRUE(expected.holds(whole.get(t * spec.channels + n)))
          << spec << " " << level << " row " << t << " channel " << n << ": expected "
          << expected.value << " +- " << expected.error << " but got "
          << whole.get(t * spec.channels + n);
    }
  for (int64_t rows : kRowCounts)
    ASSERT_TRUE(
        sameBits(test.multiply(*linear, rows, rows % 3 + 1), 0, whole, 0, rows * spec.channels))
        << spec << " " << level << ": other bits with " << rows << " rows";
}

class QuantMatmul : public testing::TestWithParam<std::tuple<std::string, int64_t, Rows>> {
protected:
  QuantSpec specOf(int64_t group) const {
    QuantSpec spec;
    spec.format = {.bits = std::get<1>(GetParam()), .group = group};
    spec.rows = std::get<2>(GetParam());
    return spec;
  }
  std::string level() const { return std::get<0>(GetParam()); }
};

/// Tiles multiply quantized rows only: with others their level has the code of the one below.
std::vector<std::tuple<std::string, int64_t, Rows>> allCases() {
  std::vector<std::tuple<std::string, int64_t, Rows>> cases;
  for (int64_t bits : {4, 8}) {
    for (const std::string &level : availableLevels())
      for (Rows rows : {Rows::F32, Rows::BF16, Rows::I8})
        cases.emplace_back(level, bits, rows);
    for (const std::string &level : availableTileLevels())
      cases.emplace_back(level, bits, Rows::I8);
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Levels, QuantMatmul, testing::ValuesIn(allCases()));

} // namespace

TEST_P(QuantMatmul, GroupsOf32) {
  QuantSpec spec = specOf(32);
  spec.depth = 172;
  spec.channels = 50;
  checkQuant(spec, level());
}

TEST_P(QuantMatmul, LargerGroupsAndWholeRows) {
  for (int64_t group : {64, 192}) {
    QuantSpec spec = specOf(group);
    spec.depth = 172;
    spec.channels = 33;
    checkQuant(spec, level());
  }
}

TEST_P(QuantMatmul, GatedNetworksPairTheHalvesOfAPanel) {
  QuantSpec spec = specOf(32);
  spec.depth = 96;
  spec.channels = 40;
  spec.gate = true;
  checkQuant(spec, level());
}

/// Deep enough that a few panels fill the cache: those of a task are taken in several groups.
TEST_P(QuantMatmul, SeveralGroupsOfPanels) {
  QuantSpec spec = specOf(32);
  spec.depth = 11008;
  spec.channels = 150;
  checkQuant(spec, level());
}

/// A number that is not finite must not vanish among integers.
TEST_P(QuantMatmul, ScalesOfNumbersThatAreNotFiniteAreNoneEither) {
  QuantSpec spec = specOf(32);
  if (spec.rows != Rows::I8)
    return;
  spec.depth = 100;
  QuantCase test(spec);
  auto prepare = KernelRunner::compile(prepareText(spec), level(), {kMaxRows, kMaxRows, kMaxRows});
  ASSERT_TRUE(prepare);
  for (float broken : {NAN, -NAN, INFINITY, -INFINITY})
    for (int64_t k = 0; k < spec.depth; ++k) {
      std::vector<float> scales = test.scalesWith(*prepare, 1, k, broken);
      for (size_t group = 0; group < scales.size(); ++group)
        EXPECT_EQ(std::isfinite(scales[group]), group != static_cast<size_t>(k / kRowGroup))
            << broken << " in column " << k << ", group " << group;
    }
}
