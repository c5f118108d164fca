// linear and fused_linear of floats against f64 sums and against the reference, on every level that
// this machine has.
#include "LinearFixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>

using namespace graphc;
using namespace graphc::test;

namespace {

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

INSTANTIATE_TEST_SUITE_P(Levels, Matmul, testing::ValuesIn(targetsAndTypes()), matmulTestName);

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
  auto &factors = static_cast<FloatFactors &>(*test.factors);
  constexpr int64_t kRows = 13;
  Numbers result = test.run(*kernel, kRows);
  for (int64_t t = 0; t < kRows; ++t) {
    for (int64_t n = 0; n < 40; ++n) {
      float sum = 0;
      for (int64_t k = 0; k < 333; ++k)
        sum = std::fma(factors.row(t, k), factors.number(n, k), sum);
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

TEST_P(Matmul, EpilogueAppliesAFunction) {
  for (const char *act : {"silu", "gelu_tanh", "gelu_erf", "relu"})
    checkLinear({.type = type(), .depth = 64, .channels = 72, .act = act, .bias = true}, level());
  checkLinear({.type = type(),
               .depth = 172,
               .channels = 100,
               .act = "gelu_tanh",
               .factor = true,
               .bias = true,
               .residual = true,
               .result = ElementType::BF16},
              level());
  checkLinear({.type = type(), .depth = 64, .channels = 100, .cap = 3, .factor = true}, level());
  checkLinear({.type = type(), .depth = 33, .channels = 7, .cap = 0.5, .residual = true}, level());
}

/// A panel of these has more than 256 KB. The last piece is shorter, in the second case by an odd
/// number of columns.
TEST_P(Matmul, LargePanelsAreTakenInPieces) {
  checkLinear({.type = type(),
               .depth = 4400,
               .channels = 40,
               .rowPadding = 16,
               .bias = true,
               .residual = true},
              level());
  checkLinear({.type = type(), .depth = 4163, .channels = 70, .rowPadding = 13}, level());
}

/// Few rows take a panel as a whole, so the same bits come another way. All rows fill more than a
/// slab.
TEST_P(Matmul, PiecesDoNotChangeABit) {
  constexpr int64_t kRows = 525;
  LinearCase test({.type = type(),
                   .depth = 4200,
                   .channels = 70,
                   .gate = "silu",
                   .bias = true,
                   .maxRows = kRows});
  auto kernel = test.compile(level());
  ASSERT_TRUE(kernel);
  Numbers whole = test.run(*kernel, kRows);
  ASSERT_NO_FATAL_FAILURE(expectMatches(test, whole));
  for (int64_t rows : {1, 2, 3, 7})
    EXPECT_TRUE(sameBits(test.run(*kernel, rows), 0, whole, 0, rows * 70)) << rows << " rows";
}

TEST_P(Matmul, InnerLoopsKeepTheirSumsInRegisters) {
  for (int64_t depth : {2048, 5632}) {
    LinearCase test({.type = type(),
                     .depth = depth,
                     .channels = 352,
                     .rowPadding = 32,
                     .gate = "silu",
                     .factor = true,
                     .result = type().rows});
    auto kernel = test.compile(level());
    ASSERT_TRUE(kernel);
    int loops = 0;
    EXPECT_THAT(loopsThatSpill(kernel->assembly(), loops), testing::IsEmpty()) << depth;
    // Of numbers of rows, a loop over k each.
    const int classes = level() == "x86-64-v4-amx" ? 2 : 4;
    EXPECT_GE(loops, classes) << "the loops over k were not found";
  }
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
