// The search for scales against absmax on whole matrices: those of a trained model, and random ones
// of several distributions. What it is of a single group says quant_format_test.cpp.
#include "SharedData.h"

#include "frontend/weights/SafetensorsSource.h"
#include "ir/QuantFormat.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <vector>

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr char kModel[] = "stories260K/hf";
constexpr int64_t kWholeRow = 0;
constexpr int64_t kGroups[] = {32, 64, 128, kWholeRow};

struct Matrix {
  int64_t rows, columns;
  std::vector<float> values; ///< [rows][columns]
};

/// Sum of the squared differences between a matrix and what its integers and scales stand for.
double squaredError(const Matrix &matrix, int64_t bits, int64_t group, bool search) {
  const int64_t length = group == kWholeRow ? matrix.columns : group;
  const QuantFormat format{.bits = bits, .group = roundUp(length, 32)};
  double error = 0;
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t begin = 0; begin < matrix.columns; begin += length) {
      const int64_t count = std::min(length, matrix.columns - begin);
      const std::span values(&matrix.values[size_t(row * matrix.columns + begin)], size_t(count));
      std::vector<int8_t> integers(values.size());
      const float scale = quantizeGroup(format, search, values, integers);
      for (size_t k = 0; k < values.size(); ++k)
        error += std::pow(double(values[k]) - double(scale) * integers[k], 2);
    }
  return error;
}

void expectSearchIsBetter(const Matrix &matrix) {
  for (int64_t bits : {4, 8})
    for (int64_t group : kGroups) {
      const double searched = squaredError(matrix, bits, group, /*search=*/true);
      const double plain = squaredError(matrix, bits, group, /*search=*/false);
      ASSERT_GT(searched, 0);
      EXPECT_LT(searched, plain) << bits << " bits, "
                                 << (group == kWholeRow ? "whole rows"
                                                        : "groups of " + std::to_string(group))
                                 << ": part of the error that is left " << searched / plain;
    }
}

/// Numbers as `draw` makes them.
Matrix randomMatrix(const std::function<float(std::mt19937 &)> &draw) {
  Matrix matrix{.rows = 48, .columns = 344, .values = {}}; // the last groups are not full
  std::mt19937 engine(11);
  matrix.values.resize(size_t(matrix.rows * matrix.columns));
  std::generate(matrix.values.begin(), matrix.values.end(), [&] { return draw(engine); });
  return matrix;
}

} // namespace

TEST(ScaleSearch, BeatsAbsMaxOnEveryMatrixOfATrainedModel) {
  GRAPHC_REQUIRE_SHARED_DATA(kModel);
  auto source = SafetensorsSource::open((sharedData() / kModel).string());
  ASSERT_TRUE(source.ok()) << source.status().message();
  int64_t matrices = 0;
  for (const std::string &name : (*source)->names()) {
    const TensorInfo &info = *(*source)->find(name);
    if (info.shape.size() != 2)
      continue;
    SCOPED_TRACE(name);
    ++matrices;
    Matrix matrix{info.rows(), info.columns(), std::vector<float>(size_t(info.elements()))};
    Status read = (*source)->readRows(name, 0, matrix.rows, matrix.values);
    ASSERT_TRUE(read.ok()) << read.message();
    expectSearchIsBetter(matrix);
  }
  EXPECT_EQ(matrices, 1 + 5 * 7); // an embedding, and seven in each layer
}

TEST(ScaleSearch, BeatsAbsMaxOnNormalNumbers) {
  std::normal_distribution<float> normal(0.0f, 0.02f);
  expectSearchIsBetter(randomMatrix(normal));
}

TEST(ScaleSearch, BeatsAbsMaxOnUniformNumbers) {
  std::uniform_real_distribution<float> uniform(-0.5f, 0.5f);
  expectSearchIsBetter(randomMatrix(uniform));
}

TEST(ScaleSearch, BeatsAbsMaxOnLongTails) {
  std::student_t_distribution<float> heavy(3.0f);
  expectSearchIsBetter(randomMatrix(heavy));
  std::exponential_distribution<float> magnitude(4.0f);
  expectSearchIsBetter(randomMatrix(
      [&](std::mt19937 &engine) { return engine() % 2 ? magnitude(engine) : -magnitude(engine); }));
}

TEST(ScaleSearch, BeatsAbsMaxOnNumbersOfOneSign) {
  std::lognormal_distribution<float> positive(-3.0f, 1.0f);
  expectSearchIsBetter(randomMatrix(positive));
  expectSearchIsBetter(randomMatrix([&](std::mt19937 &engine) { return -positive(engine); }));
}

TEST(ScaleSearch, BeatsAbsMaxBesideOutliers) {
  std::normal_distribution<float> normal(0.0f, 0.02f);
  expectSearchIsBetter(randomMatrix(
      [&](std::mt19937 &engine) { return normal(engine) * (engine() % 50 == 0 ? 20.0f : 1.0f); }));
}
