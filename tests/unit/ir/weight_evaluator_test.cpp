// Weight expressions read row by row, in blocks and by several threads.
#include "ir/ReferenceTest.h"
#include "ir/reference/WeightEvaluator.h"

#include <cmath>
#include <thread>

using namespace graphc;
using namespace mlir;
using ::testing::HasSubstr;

namespace {

class WeightEvaluatorTest : public ReferenceTest {
protected:
  WeightEvaluatorTest() {
    weights.add("l0.a", {5, 3}, ramp(15, 1));
    weights.add("l1.a", {5, 3}, ramp(15, 101));
    weights.add("b", {4, 3}, ramp(12, 1001));
    weights.add("columns", {3}, {1, 2, 3});
    weights.add("rows", {5, 1}, {1, 2, 3, 4, 5});
    weights.add("scalar", {1}, {10});
    weights.add("half", {2, 2}, {1, 1.5f, 2, 2.5f}, ElementType::F16);
    weights.add("fine", {2}, {1.001f, 1});
  }

  static std::vector<float> ramp(int count, float first) {
    std::vector<float> values;
    for (int i = 0; i < count; ++i)
      values.push_back(first + static_cast<float>(i));
    return values;
  }

  /// Parses weights; @w is the one that is read.
  void load(const std::string &text) {
    module = parse(text);
    ASSERT_TRUE(module) << diagnostics;
    weight = llvm::cast<WeightOp>(module->lookupSymbol("w"));
  }

  /// Reads @w in blocks of `block` rows.
  Expected<std::vector<float>> read(int64_t layer, int64_t block) {
    const WeightEvaluator evaluator(weight, layer, weights);
    const int64_t rows = matrixRows(weight.getType()), columns = matrixColumns(weight.getType());
    std::vector<float> values(rows * columns);
    for (int64_t begin = 0; begin < rows; begin += block) {
      const int64_t end = std::min(rows, begin + block);
      GRAPHC_RETURN_IF_ERROR(
          evaluator.readRows(weight.getYielded(), begin, end,
                             std::span(values).subspan(begin * columns, (end - begin) * columns)));
    }
    return values;
  }

  /// All block sizes give the same numbers.
  void expectValues(const std::vector<float> &expected, int64_t layer = 0) {
    for (int64_t block : {1, 2, 3, 1000}) {
      auto values = read(layer, block);
      ASSERT_TRUE(values.ok()) << values.status().message();
      EXPECT_EQ(*values, expected) << "in blocks of " << block;
    }
  }

  OwningOpRef<ModuleOp> module;
  WeightOp weight;
};

TEST_F(WeightEvaluatorTest, Checkpoint) {
  load(R"mlir(graphc.weight @w[%l in 2] : tensor<5x3xf32> {
    %0 = graphc.checkpoint "l{layer}.a"[%l] : tensor<5x3xf32>
    graphc.yield %0 : tensor<5x3xf32>
  })mlir");
  expectValues(ramp(15, 1), 0);
  expectValues(ramp(15, 101), 1);
}

TEST_F(WeightEvaluatorTest, NumbersThatF16DoesNotHoldAreRefused) {
  load(R"mlir(graphc.weight @w[%l in 1] : tensor<2xf16> {
    %0 = graphc.checkpoint "large"[%l] : tensor<2xf32>
    %1 = graphc.cast %0 : tensor<2xf32> -> tensor<2xf16>
    graphc.yield %1 : tensor<2xf16>
  })mlir");
  weights.add("large", {2}, {65519, -INFINITY});
  expectValues({65504, -INFINITY});
  weights.add("large", {2}, {1, -65520});
  auto values = read(0, 1);
  ASSERT_FALSE(values.ok());
  EXPECT_EQ(values.status().code(), StatusCode::Unsupported);
  EXPECT_THAT(values.status().message(), HasSubstr("too large for f16"));
}

TEST_F(WeightEvaluatorTest, CheckpointOfAConstantLayer) {
  load(R"mlir(graphc.weight @w[%l in 2] : tensor<5x3xf32> {
    %one = arith.constant 1 : index
    %0 = graphc.checkpoint "l{layer}.a"[%one] : tensor<5x3xf32>
    graphc.yield %0 : tensor<5x3xf32>
  })mlir");
  expectValues(ramp(15, 101), 0);
}

TEST_F(WeightEvaluatorTest, CheckpointConvertsStoredTypes) {
  load(R"mlir(graphc.weight @w[%l in 1] : tensor<2xbf16> {
    %0 = graphc.checkpoint "fine"[%l] : tensor<2xbf16>
    graphc.yield %0 : tensor<2xbf16>
  })mlir");
  expectValues({1, 1});
  load(R"mlir(graphc.weight @w[%l in 1] : tensor<2x2xf32> {
    %0 = graphc.checkpoint "half"[%l] : tensor<2x2xf32>
    graphc.yield %0 : tensor<2x2xf32>
  })mlir");
  expectValues({1, 1.5f, 2, 2.5f});
}

TEST_F(WeightEvaluatorTest, RefusesMissingTensorsAndOtherShapes) {
  load(R"mlir(graphc.weight @w[%l in 3] : tensor<5x3xf32> {
    %0 = graphc.checkpoint "l{layer}.a"[%l] : tensor<5x3xf32>
    graphc.yield %0 : tensor<5x3xf32>
  })mlir");
  auto missing = read(2, 5);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.status().code(), StatusCode::BadInput);
  EXPECT_THAT(missing.status().message(), HasSubstr("no tensor 'l2.a'"));
  load(R"mlir(graphc.weight @w[%l in 1] : tensor<3x5xf32> {
    %0 = graphc.checkpoint "l{layer}.a"[%l] : tensor<3x5xf32>
    graphc.yield %0 : tensor<3x5xf32>
  })mlir");
  auto other = read(0, 3);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.status().code(), StatusCode::BadInput);
  EXPECT_THAT(other.status().message(), HasSubstr("expected 3 rows of 5 but got 5 rows of 3"));
}

TEST_F(WeightEvaluatorTest, ConcatAndSliceOfRows) {
  load(R"mlir(graphc.weight @w[%l in 1] : tensor<6x3xf32> {
    %0 = graphc.checkpoint "l{layer}.a"[%l] : tensor<5x3xf32>
    %1 = graphc.checkpoint "b"[%l] : tensor<4x3xf32>
    %2 = graphc.concat %0, %1 axis 0 : (tensor<5x3xf32>, tensor<4x3xf32>) -> tensor<9x3xf32>
    %3 = graphc.slice %2 axis 0 [2, 8] : tensor<9x3xf32> -> tensor<6x3xf32>
    graphc.yield %3 : tensor<6x3xf32>
  })mlir");
  std::vector<float> expected = ramp(9, 7);
  for (float value : ramp(9, 1001))
    expected.push_back(value);
  expectValues(expected);
}

TEST_F(WeightEvaluatorTest, ArithmeticByNumbersRowsAndColumns) {
  load(R"mlir(graphc.weight @w[%l in 1] : tensor<5x3xf32> {
    %a = graphc.checkpoint "l{layer}.a"[%l] : tensor<5x3xf32>
    %c = graphc.checkpoint "columns"[%l] : tensor<3xf32>
    %r = graphc.checkpoint "rows"[%l] : tensor<5x1xf32>
    %s = graphc.checkpoint "scalar"[%l] : tensor<1xf32>
    %0 = graphc.mul %c, %a : (tensor<3xf32>, tensor<5x3xf32>) -> tensor<5x3xf32>
    %1 = graphc.add %0, %s : (tensor<5x3xf32>, tensor<1xf32>) -> tensor<5x3xf32>
    %2 = graphc.sub %1, %a : (tensor<5x3xf32>, tensor<5x3xf32>) -> tensor<5x3xf32>
    %3 = graphc.div %2, %r : (tensor<5x3xf32>, tensor<5x1xf32>) -> tensor<5x3xf32>
    %4 = graphc.scale %3 by 0.5 : tensor<5x3xf32>
    graphc.yield %4 : tensor<5x3xf32>
  })mlir");
  std::vector<float> expected;
  for (int i = 0; i < 15; ++i) {
    const float a = 1.0f + static_cast<float>(i), column = static_cast<float>(i % 3 + 1);
    expected.push_back((a * column + 10 - a) / static_cast<float>(i / 3 + 1) * 0.5f);
  }
  expectValues(expected);
}

TEST_F(WeightEvaluatorTest, NarrowArithmeticRoundsAsTheReference) {
  constexpr const char *kBody = R"mlir(
    %0 = graphc.cast %a : tensor<5x3xf32> -> tensor<5x3xbf16>
    %1 = graphc.cast %b : tensor<3xf32> -> tensor<3xbf16>
    %2 = graphc.mul %0, %1 : (tensor<5x3xbf16>, tensor<3xbf16>) -> tensor<5x3xbf16>
    %3 = graphc.add %2, %2 : (tensor<5x3xbf16>, tensor<5x3xbf16>) -> tensor<5x3xbf16>)mlir";
  const RuntimeValue a = random({5, 3}, 1), b = random({3}, 2);
  weights.add("random.a", {5, 3}, std::get<TensorPtr>(a)->values);
  weights.add("random.b", {3}, std::get<TensorPtr>(b)->values);
  load(R"mlir(graphc.weight @w[%l in 1] : tensor<5x3xbf16> {
    %a = graphc.checkpoint "random.a"[%l] : tensor<5x3xf32>
    %b = graphc.checkpoint "random.b"[%l] : tensor<3xf32>)mlir" +
       std::string(kBody) + "\n graphc.yield %3 : tensor<5x3xbf16> }");
  const Tensor reference =
      run1("func.func @f(%a: tensor<5x3xf32>, %b: tensor<3xf32>) -> tensor<5x3xbf16> {" +
               std::string(kBody) + "\n return %3 : tensor<5x3xbf16> }",
           {a, b});
  expectValues(reference.values);
}

TEST_F(WeightEvaluatorTest, ReshapeTakesTheNumbersWhereTheyAre) {
  load(R"mlir(graphc.weight @w[%l in 1] : tensor<3x5xf32> {
    %0 = graphc.checkpoint "l{layer}.a"[%l] : tensor<5x3xf32>
    %1 = graphc.reshape %0 : tensor<5x3xf32> -> tensor<3x5xf32>
    graphc.yield %1 : tensor<3x5xf32>
  })mlir");
  expectValues(ramp(15, 1));
}

TEST_F(WeightEvaluatorTest, OtherOpsAreEvaluatedWhole) {
  load(R"mlir(graphc.weight @w[%l in 1] : tensor<3x7xf32> {
    %0 = graphc.checkpoint "l{layer}.a"[%l] : tensor<5x3xf32>
    %1 = graphc.transpose %0 [1, 0] : tensor<5x3xf32> -> tensor<3x5xf32>
    %2 = graphc.slice %1 axis 1 [0, 2] : tensor<3x5xf32> -> tensor<3x2xf32>
    %3 = graphc.concat %1, %2 axis 1 : (tensor<3x5xf32>, tensor<3x2xf32>) -> tensor<3x7xf32>
    graphc.yield %3 : tensor<3x7xf32>
  })mlir");
  expectValues({1, 4, 7, 10, 13, 1, 4, 2, 5, 8, 11, 14, 2, 5, 3, 6, 9, 12, 15, 3, 6});
}

TEST_F(WeightEvaluatorTest, ConstantsAndRopeTables) {
  load(R"mlir(graphc.weight @w[%l in 1] : tensor<3x2xf32> {
    %0 = graphc.rope_table [0.0] : tensor<3x2xf32>
    %1 = graphc.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
    %2 = graphc.add %0, %1 : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
    graphc.yield %2 : tensor<3x2xf32>
  })mlir");
  expectValues({2, 2, 4, 4, 6, 6});
}

TEST_F(WeightEvaluatorTest, ParamsReadOtherWeights) {
  load(R"mlir(
  graphc.weight @a[%l in 2] : tensor<5x3xf32> {
    %0 = graphc.checkpoint "l{layer}.a"[%l] : tensor<5x3xf32>
    graphc.yield %0 : tensor<5x3xf32>
  }
  graphc.weight @t[%l in 2] : tensor<3x5xf32> {
    %0 = graphc.param @a[%l] : tensor<5x3xf32>
    %1 = graphc.transpose %0 [1, 0] : tensor<5x3xf32> -> tensor<3x5xf32>
    graphc.yield %1 : tensor<3x5xf32>
  }
  graphc.weight @w[%l in 2] : tensor<6x5xf32> {
    %zero = arith.constant 0 : index
    %0 = graphc.param @t[%l] : tensor<3x5xf32>
    %1 = graphc.param @t[%zero] : tensor<3x5xf32>
    %2 = graphc.concat %0, %1 axis 0 : (tensor<3x5xf32>, tensor<3x5xf32>) -> tensor<6x5xf32>
    graphc.yield %2 : tensor<6x5xf32>
  })mlir");
  std::vector<float> expected;
  for (float first : {101, 1})
    for (int column = 0; column < 3; ++column)
      for (int row = 0; row < 5; ++row)
        expected.push_back(first + static_cast<float>(row * 3 + column));
  expectValues(expected, 1);
}

TEST_F(WeightEvaluatorTest, PackedWeightsAreTheReferences) {
  load(R"mlir(graphc.weight @w[%l in 1] : tensor<1x3x32x1xf32> {
    %0 = graphc.checkpoint "l{layer}.a"[%l] : tensor<5x3xf32>
    %1 = graphc.pack %0 : tensor<5x3xf32> -> tensor<1x3x32x1xf32>
    graphc.yield %1 : tensor<1x3x32x1xf32>
  })mlir");
  auto values = read(0, 1);
  ASSERT_TRUE(values.ok());
  EXPECT_EQ((*values)[0], 1);
  EXPECT_EQ((*values)[1], 4);
  EXPECT_EQ((*values)[32], 2);
}

TEST_F(WeightEvaluatorTest, ThreadsMayShareOne) {
  load(R"mlir(graphc.weight @w[%l in 1] : tensor<512x64xf32> {
    %0 = graphc.checkpoint "big"[%l] : tensor<64x512xf32>
    %1 = graphc.transpose %0 [1, 0] : tensor<64x512xf32> -> tensor<512x64xf32>
    %2 = graphc.scale %1 by 2.0 : tensor<512x64xf32>
    graphc.yield %2 : tensor<512x64xf32>
  })mlir");
  weights.add("big", {64, 512}, ramp(64 * 512, 0));
  const WeightEvaluator evaluator(weight, 0, weights);
  std::vector<float> values(512 * 64);
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int64_t thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, copy = evaluator, thread] {
      for (int64_t row = thread; row < 512; row += 4)
        failures += !copy.readRows(weight.getYielded(), row, row + 1,
                                   std::span(values).subspan(row * 64, 64))
                         .ok();
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(failures, 0);
  for (int64_t row = 0; row < 512; ++row)
    for (int64_t column = 0; column < 64; ++column)
      ASSERT_EQ(values[row * 64 + column], 2 * static_cast<float>(column * 512 + row));
}

} // namespace

namespace {

constexpr QuantFormat kKept = {.bits = 8, .group = 16, .superGroup = 32};

/// Rows of 32 numbers that tell where they come from.
QuantMatrix keptRows(int64_t rows, int first) {
  QuantMatrix matrix(kKept, rows, 32);
  for (size_t i = 0; i < matrix.integers.size(); ++i)
    matrix.integers[i] = int8_t(first + int(i) % 32 % 7);
  for (int64_t row = 0; row < rows; ++row) {
    matrix.scales[size_t(row)] = toF16(0.5f + float(row));
    matrix.factors[size_t(2 * row)] = int8_t(row + 1);
    matrix.factors[size_t(2 * row + 1)] = -3;
  }
  return matrix;
}

} // namespace

TEST_F(WeightEvaluatorTest, KeptNumbersComeWithTheirScales) {
  const QuantMatrix a = keptRows(5, 10), b = keptRows(3, -40);
  weights.add("kept.a", a);
  weights.add("kept.b", b);
  load(R"(graphc.weight @w[%layer in 1] : tensor<6x32x!graphc.quant<i8:f16, 16, 32>> {
    %0 = graphc.checkpoint "kept.a"[%layer] : tensor<5x32x!graphc.quant<i8:f16, 16, 32>>
    %1 = graphc.cast %0 : tensor<5x32x!graphc.quant<i8:f16, 16, 32>> -> tensor<5x32xf32>
    %2 = graphc.slice %1 axis 0[1, 4] : tensor<5x32xf32> -> tensor<3x32xf32>
    %3 = graphc.checkpoint "kept.b"[%layer] : tensor<3x32x!graphc.quant<i8:f16, 16, 32>>
    %4 = graphc.cast %3 : tensor<3x32x!graphc.quant<i8:f16, 16, 32>> -> tensor<3x32xf32>
    %5 = graphc.concat %2, %4 axis 0 : (tensor<3x32xf32>, tensor<3x32xf32>) -> tensor<6x32xf32>
    %6 = graphc.quantize keep %5 : tensor<6x32xf32> -> tensor<6x32x!graphc.quant<i8:f16, 16, 32>>
    graphc.yield %6 : tensor<6x32x!graphc.quant<i8:f16, 16, 32>>
  })");
  QuantMatrix expected(kKept, 6, 32);
  std::vector<float> numbers(6 * 32);
  for (int64_t row = 0; row < 6; ++row) {
    expected.copyRow(row < 3 ? a : b, row < 3 ? row + 1 : row - 3, row);
    expected.read(row, std::span(numbers).subspan(size_t(row * 32), 32));
  }
  expectValues(numbers);

  auto quantize = llvm::cast<QuantizeOp>(weight.getYielded().getDefiningOp());
  const WeightEvaluator evaluator(weight, 0, weights);
  for (int64_t block : {1, 2, 4, 6}) {
    QuantMatrix found(kKept, 6, 32);
    for (int64_t begin = 0; begin < 6; begin += block)
      ASSERT_TRUE(evaluator
                      .readQuant(quantize.getInput(), begin, std::min<int64_t>(6, begin + block),
                                 begin, found)
                      .ok());
    EXPECT_EQ(found.integers, expected.integers);
    EXPECT_EQ(found.scales, expected.scales);
    EXPECT_EQ(found.factors, expected.factors);
  }
  QuantMatrix other({.bits = 8}, 6, 32);
  EXPECT_THAT(evaluator.readQuant(quantize.getInput(), 0, 6, 0, other).message(),
              HasSubstr("'kept.a': its numbers are stored in another form"));
}
