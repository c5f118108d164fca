// linear and fused_linear against f64 sums and against the reference, on every level that this
// machine has.
#include "KernelReference.h"
#include "MatmulFixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr int64_t kMaxRows = 64;
/// Numbers of rows that reach every class of row tiles, alone and behind others.
constexpr int64_t kRowCounts[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 37, 64};

/// A linear op, fused or not.
struct LinearSpec {
  FactorTypes type = {};
  int64_t depth = 64;    ///< K
  int64_t channels = 32; ///< N of the result.
  int64_t rowPadding = 0;
  std::string gate = {}; ///< Name of an activation, or "".
  bool factor = false, bias = false, residual = false;
  ElementType result = ElementType::F32;
  std::string rowsDim = "T";

  bool isFused() const { return !gate.empty() || factor || bias || residual; }
  int64_t weightRows() const { return gate.empty() ? channels : 2 * channels; }
  int64_t rowWidth() const { return depth + rowPadding; }
  PanelLayout layout() const {
    return {weightRows(), depth, gate.empty() ? 0 : 1, panelInterleave(type.weight)};
  }
  PanelLayout biasLayout() const { return {weightRows(), 1, gate.empty() ? 0 : 1, 1}; }
};

std::ostream &operator<<(std::ostream &out, const LinearSpec &spec) {
  return out << nameOf(spec.type) << " K " << spec.depth << " N " << spec.channels << " gate '"
             << spec.gate << "' factor " << spec.factor << " bias " << spec.bias << " residual "
             << spec.residual << " result " << nameOf(spec.result);
}

std::string kernelText(const LinearSpec &spec) {
  std::string rows = tensorText({-1, spec.rowWidth()}, spec.type.rows);
  std::string weight = packedText(spec.layout(), spec.type.weight);
  std::string result = tensorText({-1, spec.channels}, spec.result);
  std::string dims = " {graphc.dims = [\"" + spec.rowsDim + "\"]}";
  std::string arguments = "%x: " + rows + dims + ", %w: " + weight;
  std::string types = rows + ", " + weight;
  std::string clauses = spec.isFused() ? rowsClause(spec.type) : "";
  auto add = [&](bool present, const char *word, const char *name, const std::string &type,
                 const std::string &attributes) {
    if (!present)
      return;
    arguments += std::string(", %") + name + ": " + type + attributes;
    types += ", " + type;
    clauses += std::string(" ") + word + "(%" + name + ")";
  };
  std::string floats = std::to_string(spec.layout().panels() * kPanelRows);
  add(spec.factor, "row_factor", "f", "tensor<?xf32>", dims);
  add(spec.bias, "bias", "b", "tensor<" + floats + "xf32>", "");
  if (!spec.gate.empty())
    clauses += " gate(" + spec.gate + ")";
  add(spec.residual, "residual", "r", tensorText({-1, spec.channels}, ElementType::F32), dims);
  return "graphc.kernel @k(" + arguments + ") -> " + result + " {\n  %0 = graphc." +
         (spec.isFused() ? "fused_linear" : "linear") + " %x, %w" + clauses + " : (" + types +
         ") -> " + result + "\n  graphc.yield %0 : " + result + "\n}\n";
}

/// The operands of a spec, filled, and what the results must be.
class LinearCase {
public:
  explicit LinearCase(const LinearSpec &spec)
      : spec(spec), rows(spec.type.rows, kMaxRows * spec.rowWidth()),
        matrix(spec.type.weight, spec.weightRows() * spec.depth), weight(spec.type.weight, 0),
        factor(ElementType::F32, kMaxRows), biasValues(ElementType::F32, spec.weightRows()),
        bias(ElementType::F32, 0), residual(ElementType::F32, kMaxRows * spec.channels) {
    rows.randomize(1);
    matrix.randomize(2, 0.1f);
    factor.randomize(3);
    biasValues.randomize(4);
    residual.randomize(5);
    weight = packed(matrix, spec.layout());
    bias = packed(biasValues, spec.biasLayout());
    poisonRowPadding();
  }

  /// The result for the first `count` rows; those behind must stay as they were.
  Numbers run(KernelRunner &kernel, int64_t count, int64_t pieces = 1) {
    Numbers result(spec.result, kMaxRows * spec.channels);
    result.fill(kUntouched);
    kernel.run(stepOf(count), memoryWith(rows, result), pieces);
    for (int64_t i = count * spec.channels; i < result.size(); ++i)
      EXPECT_EQ(result.get(i), kUntouched) << "written behind the rows at " << i;
    return result;
  }

  /// Compares a result of run() with the reference, which is given the zeros behind a row's K that
  /// the op asks for.
  void compareWithReference(const KernelRunner &kernel, int64_t count, Numbers &result) {
    Numbers clean(spec.type.rows, rows.size());
    for (int64_t i = 0; i < rows.size(); ++i)
      clean.set(i, i % spec.rowWidth() < spec.depth ? rows.get(i) : 0);
    expectAsReference(kernel, stepOf(count), memoryWith(clean, result), 2e-5);
  }

  Approx expected(int64_t t, int64_t n) const {
    Approx value = sum(t, n);
    if (!spec.gate.empty())
      value = activated(value) * sum(t, n + spec.channels);
    if (spec.residual)
      value = value + Approx{residual.get(t * spec.channels + n)};
    return value.storedAs(spec.result);
  }

  std::unique_ptr<KernelRunner> compile(const std::string &level) const {
    return KernelRunner::compile(kernelText(spec), level, {kMaxRows, kMaxRows, kMaxRows});
  }

  const LinearSpec spec;
  Numbers rows, matrix;

private:
  static constexpr float kUntouched = -12288; // a bf16 number

  StepArrays stepOf(int64_t count) const {
    StepArrays step;
    step.T = spec.rowsDim == "T" ? count : kMaxRows;
    step.R = spec.rowsDim == "R" ? count : 0;
    return step;
  }

  std::vector<void *> memoryWith(Numbers &input, Numbers &result) {
    std::vector<void *> memory = {input.data(), weight.data()};
    if (spec.factor)
      memory.push_back(factor.data());
    if (spec.bias)
      memory.push_back(bias.data());
    if (spec.residual)
      memory.push_back(residual.data());
    memory.push_back(result.data());
    return memory;
  }

  /// Behind a row's K (and the zeros up to whole pairs) nothing may be read.
  void poisonRowPadding() {
    int64_t valid = roundUp(spec.depth, panelInterleave(spec.type.weight));
    for (int64_t t = 0; t < kMaxRows; ++t) {
      for (int64_t k = spec.depth; k < spec.rowWidth(); ++k)
        rows.set(t * spec.rowWidth() + k, k < valid ? 0 : NAN);
    }
  }

  Approx sum(int64_t t, int64_t n) const {
    Approx value = product(rows, t, spec.rowWidth(), matrix, n, spec.depth);
    if (spec.factor)
      value = value * Approx{factor.get(t)};
    if (spec.bias)
      value = value + Approx{biasValues.get(n)};
    return value;
  }

  /// The activations have a slope of at most 1.13; 8 units are room for their own errors, also
  /// where their summands are larger than their result.
  Approx activated(const Approx &x) const {
    double value = x.value;
    if (spec.gate == "silu")
      value = x.value / (1 + std::exp(-x.value));
    else if (spec.gate == "gelu_erf")
      value = x.value / 2 * (1 + std::erf(x.value / std::sqrt(2.0)));
    else if (spec.gate == "gelu_tanh")
      value = x.value / 2 *
              (1 + std::tanh(std::sqrt(2 / M_PI) * (x.value + 0.044715 * std::pow(x.value, 3))));
    else
      value = std::max(x.value, 0.0);
    return {value, 1.13 * x.error + 8 * Approx::kUlp * std::abs(x.value)};
  }

  Numbers weight, factor, biasValues, bias, residual;
};

void expectMatches(const LinearCase &test, const Numbers &result, int64_t rows) {
  for (int64_t t = 0; t < rows; ++t) {
    for (int64_t n = 0; n < test.spec.channels; ++n) {
      Approx expected = test.expected(t, n);
      float found = result.get(t * test.spec.channels + n);
      ASSERT_TRUE(expected.holds(found))
          << test.spec << " row " << t << " channel " << n << ": expected " << expected.value
          << " +- " << expected.error << " but got " << found;
    }
  }
}

/// All rows are right; every class of row tiles and every split of the tasks gives the same bits.
void checkLinear(const LinearSpec &spec, const std::string &level) {
  LinearCase test(spec);
  auto kernel = test.compile(level);
  ASSERT_TRUE(kernel);
  Numbers whole = test.run(*kernel, kMaxRows);
  expectMatches(test, whole, kMaxRows);
  ASSERT_NO_FATAL_FAILURE(test.compareWithReference(*kernel, kMaxRows, whole)) << spec;
  for (int64_t rows : kRowCounts) {
    Numbers some = test.run(*kernel, rows, /*pieces=*/rows % 3 + 1);
    ASSERT_TRUE(sameBits(some, 0, whole, 0, rows * spec.channels))
        << spec << " " << level << ": other bits with " << rows << " rows";
  }
}

class Matmul : public testing::TestWithParam<std::tuple<std::string, FactorTypes>> {
protected:
  std::string level() const { return std::get<0>(GetParam()); }
  FactorTypes type() const { return std::get<1>(GetParam()); }
  /// Sums are fused multiply-adds unless the target multiplies bf16 by its dot product (that has
  /// tiles, too, for k by 32).
  bool usesFma() const {
    return type().rows == ElementType::F32 ||
           (level() != "x86-64-v4-bf16" && level() != "x86-64-v4-amx");
  }
};

INSTANTIATE_TEST_SUITE_P(Levels, Matmul, testing::ValuesIn(targetsAndTypes()),
                         [](const auto &info) {
                           return testNameOf(std::get<0>(info.param)) + "_" +
                                  nameOf(std::get<1>(info.param));
                         });

} // namespace

TEST_P(Matmul, LinearMultipliesOddSizes) {
  for (auto [depth, channels, padding] : {std::array<int64_t, 3>{172, 100, 20},
                                          {344, 1000, 8},
                                          {64, 32, 0},
                                          {33, 100, 0},
                                          {33, 31, 31},
                                          {1, 1, 0},
                                          {2048, 344, 32}})
    checkLinear({.type = type(), .depth = depth, .channels = channels, .rowPadding = padding},
                level());
}

TEST_P(Matmul, SumsAreOneChainInTheOrderOfK) {
  if (!usesFma())
    GTEST_SKIP() << "a dot product rounds in an order of its own";
  LinearCase test({.type = type(), .depth = 333, .channels = 40});
  auto kernel = test.compile(level());
  ASSERT_TRUE(kernel);
  constexpr int64_t kRows = 13;
  Numbers result = test.run(*kernel, kRows);
  for (int64_t t = 0; t < kRows; ++t) {
    for (int64_t n = 0; n < 40; ++n) {
      float sum = 0;
      for (int64_t k = 0; k < 333; ++k)
        sum = std::fma(test.rows.get(t * 333 + k), test.matrix.get(n * 333 + k), sum);
      ASSERT_EQ(result.get(t * 40 + n), sum) << "row " << t << " channel " << n;
    }
  }
}

TEST_P(Matmul, LinearRunsOverTheRowsOfItsDimension) {
  checkLinear({.type = type(), .depth = 48, .channels = 50, .rowsDim = "R"}, level());
}

TEST_P(Matmul, EpilogueScalesAddsAndRounds) {
  for (ElementType result : {ElementType::F32, ElementType::BF16}) {
    for (int64_t channels : {100, 64})
      checkLinear({.type = type(),
                   .depth = 172,
                   .channels = channels,
                   .rowPadding = 20,
                   .factor = true,
                   .bias = true,
                   .residual = true,
                   .result = result},
                  level());
  }
  checkLinear({.type = type(), .depth = 64, .channels = 72, .residual = true}, level());
  checkLinear({.type = type(), .depth = 64, .channels = 72, .bias = true}, level());
}

TEST_P(Matmul, EpilogueGates) {
  for (const char *gate : {"silu", "gelu_tanh", "gelu_erf", "relu"})
    checkLinear({.type = type(),
                 .depth = 64,
                 .channels = 40,
                 .gate = gate,
                 .factor = true,
                 .result = type().rows},
                level());
  checkLinear({.type = type(),
               .depth = 172,
               .channels = 344,
               .gate = "silu",
               .factor = true,
               .bias = true,
               .residual = true},
              level());
  checkLinear({.type = type(), .depth = 33, .channels = 7, .gate = "silu"}, level());
}

TEST_P(Matmul, InnerLoopsKeepTheirSumsInRegisters) {
  LinearCase test({.type = type(),
                   .depth = 2048,
                   .channels = 352,
                   .rowPadding = 32,
                   .gate = "silu",
                   .factor = true,
                   .result = type().rows});
  auto kernel = test.compile(level());
  ASSERT_TRUE(kernel);
  int loops = 0;
  EXPECT_THAT(loopsThatSpill(kernel->assembly(), loops), testing::IsEmpty());
  const int classes = level() == "x86-64-v4-amx" ? 2 : 4; // Of numbers of rows, a loop over k each.
  EXPECT_GE(loops, classes) << "the loops over k were not found";
}

TEST(MatmulKernel, NamesWhatDoesNotFit) {
  auto refuses = [](const std::string &input, const std::string &weight, const char *message) {
    std::string text = "graphc.kernel @k(%x: " + input + ", %w: " + weight +
                       ") -> tensor<?x32xf32> {\n  %0 = graphc.fused_linear %x, %w : (" + input +
                       ", " + weight +
                       ") -> tensor<?x32xf32>\n  graphc.yield %0 : tensor<?x32xf32>\n}";
    testing::internal::CaptureStderr();
    EXPECT_NONFATAL_FAILURE(
        EXPECT_EQ(KernelRunner::compile(text, availableLevels().front(), {8, 8, 8}), nullptr),
        "the kernel cannot be emitted");
    EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr(message));
  };
  refuses("tensor<?x64xf32>", "tensor<32x64xf32>", "expected a weight packed as");
  refuses("tensor<?x64xf32>", "tensor<1x32x32x2xbf16>", "expected an input of the product's type");
}
