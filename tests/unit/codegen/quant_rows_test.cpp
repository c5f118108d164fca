// prepare_rows to quantized rows: the bytes are exactly what ir/QuantFormat.h says.
#include "KernelReference.h"
#include "MatmulFactors.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr int64_t kMaxRows = 35;

class QuantRows : public testing::TestWithParam<std::tuple<std::string, int64_t>> {
protected:
  std::string level() const { return std::get<0>(GetParam()); }
  int64_t bits() const { return std::get<1>(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Levels, QuantRows,
                         testing::Combine(testing::ValuesIn(availableTargets()),
                                          testing::Values(4, 8)),
                         [](const auto &info) {
                           return testNameOf(std::get<0>(info.param)) + "_w" +
                                  std::to_string(std::get<1>(info.param));
                         });

/// Rows of `columns` numbers times gamma, rounded for a weight of `bits`, and padded to `width`.
class QuantRowsCase {
public:
  QuantRowsCase(int64_t columns, int64_t width, int64_t bits)
      : columns(columns), width(width), bits(bits), input(ElementType::F32, kMaxRows * columns),
        gamma(ElementType::F32, columns), rows(size_t(kMaxRows * quantRowBytes(width))) {
    input.randomize(1);
    gamma.randomize(2);
  }

  std::unique_ptr<KernelRunner> compile(const std::string &level) const {
    std::string from = tensorText({-1, columns}, ElementType::F32);
    std::string by = tensorText({columns}, ElementType::F32);
    std::string to = tensorText({-1, width}, kIntegerRows);
    std::string text = "graphc.kernel @k(%x: " + from + ", %g: " + by + ") -> " + to +
                       " {\n  %0 = graphc.prepare_rows %x gamma(%g) offset " +
                       (bits == 4 ? "8" : "128") + " : (" + from + ", " + by + ") -> " + to +
                       "\n  graphc.yield %0 : " + to + "\n}\n";
    return KernelRunner::compile(text, level, {kMaxRows, kMaxRows, kMaxRows});
  }

  /// All rows, in their bytes.
  std::span<const std::byte> run(KernelRunner &kernel, int64_t pieces = 1) {
    StepArrays step;
    step.T = kMaxRows;
    std::vector<void *> memory = {input.data(), gamma.data(), rows.data()};
    kernel.run(step, memory, pieces);
    return {rows.data(), rows.size()};
  }

  void compareWithReference(const KernelRunner &kernel) {
    StepArrays step;
    step.T = kMaxRows;
    expectAsReference(kernel, step, {input.data(), gamma.data(), rows.data()}, /*slack=*/0);
  }

  QuantizedRows expected() const {
    Numbers products(ElementType::F32, input.size());
    for (int64_t i = 0; i < input.size(); ++i)
      products.set(i, input.get(i) * gamma.get(i % columns));
    return QuantizedRows(products, columns, width, bits);
  }

  /// Scale of a group of row `t` after run().
  float scale(int64_t t, int64_t group) {
    float number;
    std::memcpy(&number, rows.data() + t * quantRowBytes(width) + width + group * 4, sizeof number);
    return number;
  }

  const int64_t columns, width, bits;
  Numbers input, gamma;

private:
  AlignedArray<std::byte> rows;
};

} // namespace

TEST_P(QuantRows, AreRoundedInGroupsOf32) {
  for (auto [columns, width] : {std::array<int64_t, 2>{172, 224}, {96, 96}}) {
    QuantRowsCase test(columns, width, bits());
    auto kernel = test.compile(level());
    ASSERT_TRUE(kernel);
    QuantizedRows expected = test.expected();
    for (int64_t pieces : {1, 3}) {
      std::span<const std::byte> found = test.run(*kernel, pieces);
      ASSERT_EQ(found.size(), expected.bytes().size());
      for (size_t i = 0; i < found.size(); ++i)
        ASSERT_EQ(found[i], expected.bytes()[i])
            << "row " << int64_t(i) / quantRowBytes(width) << " byte "
            << int64_t(i) % quantRowBytes(width) << " of rows of " << columns << " numbers";
    }
    ASSERT_NO_FATAL_FAILURE(test.compareWithReference(*kernel));
  }
}

/// A number that is not finite must not vanish among integers.
TEST_P(QuantRows, ScalesOfNumbersThatAreNotFiniteAreNoneEither) {
  QuantRowsCase test(100, 160, bits());
  auto kernel = test.compile(level());
  ASSERT_TRUE(kernel);
  for (float broken : {NAN, -NAN, INFINITY, -INFINITY})
    for (int64_t k = 0; k < test.columns; ++k) {
      float before = test.input.get(test.columns + k);
      test.input.set(test.columns + k, broken);
      test.run(*kernel);
      test.input.set(test.columns + k, before);
      for (int64_t group = 0; group < test.width / kRowGroup; ++group)
        EXPECT_EQ(std::isfinite(test.scale(1, group)), group != k / kRowGroup)
            << broken << " in column " << k << ", group " << group;
    }
}
