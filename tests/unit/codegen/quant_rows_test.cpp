// prepare_rows to quantized rows: the bytes are exactly what ir/QuantFormat.h says.
#include "KernelReference.h"
#include "MatmulFactors.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr int64_t kMaxRows = 35;

/// What rows differ in: how they are cut, and what is added to the weights that they meet.
struct RowCase {
  QuantRowFormat format;
  int64_t offset;
};

class QuantRows : public testing::TestWithParam<std::tuple<std::string, RowCase>> {
protected:
  std::string level() const { return std::get<0>(GetParam()); }
  QuantRowFormat format() const { return std::get<1>(GetParam()).format; }
  int64_t offset() const { return std::get<1>(GetParam()).offset; }
};

constexpr RowCase kCases[] = {{{32, 32}, 8},  {{32, 32}, 128}, {{16, 16}, 32}, {{32, 64}, 16},
                              {{32, 128}, 8}, {{32, 128}, -1}, {{16, 128}, 32}};

INSTANTIATE_TEST_SUITE_P(Levels, QuantRows,
                         testing::Combine(testing::ValuesIn(availableTargets()),
                                          testing::ValuesIn(kCases)),
                         [](const auto &info) {
                           const RowCase &rows = std::get<1>(info.param);
                           return testNameOf(std::get<0>(info.param)) + "_sums" +
                                  std::to_string(rows.format.span) + "_scales" +
                                  std::to_string(rows.format.group) + "_offset" +
                                  (rows.offset < 0 ? "_minus" : "") +
                                  std::to_string(std::abs(rows.offset));
                         });

/// Rows of `columns` numbers times gamma, rounded, and padded to `width`.
class QuantRowsCase {
public:
  QuantRowsCase(int64_t columns, int64_t width, const QuantRowFormat &format, int64_t offset)
      : columns(columns), width(width), rowBytes(format.rowBytes(width)), format(format),
        offset(offset), input(ElementType::F32, kMaxRows * columns),
        gamma(ElementType::F32, columns), rows(size_t(kMaxRows * rowBytes)) {
    input.randomize(1);
    gamma.randomize(2);
  }

  std::unique_ptr<KernelRunner> compile(const std::string &level) const {
    std::string from = tensorText({-1, columns}, ElementType::F32);
    std::string by = tensorText({columns}, ElementType::F32);
    std::string to = tensorText({-1, width}, quantRowsText(format));
    std::string text = "graphc.kernel @k(%x: " + from + ", %g: " + by + ") -> " + to +
                       " {\n  %0 = graphc.prepare_rows %x gamma(%g) offset " +
                       std::to_string(offset) + " : (" + from + ", " + by + ") -> " + to +
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
    return QuantizedRows(products, columns, width, format, offset);
  }

  /// Scale of a group of row `t` after run().
  float scale(int64_t t, int64_t group) {
    float number;
    std::memcpy(&number, rows.data() + t * rowBytes + width + group * 4, sizeof number);
    return number;
  }

  const int64_t columns, width, rowBytes;
  const QuantRowFormat format;
  const int64_t offset;
  Numbers input, gamma;

private:
  AlignedArray<std::byte> rows;
};

} // namespace

TEST_P(QuantRows, AreRoundedInGroups) {
  for (auto [columns, width] : {std::array<int64_t, 2>{172, 256}, {384, 384}, {300, 512}}) {
    QuantRowsCase test(columns, width, format(), offset());
    auto kernel = test.compile(level());
    ASSERT_TRUE(kernel);
    QuantizedRows expected = test.expected();
    for (int64_t pieces : {1, 3}) {
      std::span<const std::byte> found = test.run(*kernel, pieces);
      ASSERT_EQ(found.size(), expected.bytes().size());
      for (size_t i = 0; i < found.size(); ++i)
        ASSERT_EQ(found[i], expected.bytes()[i])
            << "row " << int64_t(i) / test.rowBytes << " byte " << int64_t(i) % test.rowBytes
            << " of rows of " << columns << " numbers";
    }
    ASSERT_NO_FATAL_FAILURE(test.compareWithReference(*kernel));
  }
}

/// A number that is not finite must not vanish among integers.
TEST_P(QuantRows, ScalesOfNumbersThatAreNotFiniteAreNoneEither) {
  QuantRowsCase test(180, 256, format(), offset());
  auto kernel = test.compile(level());
  ASSERT_TRUE(kernel);
  for (float broken : {NAN, -NAN, INFINITY, -INFINITY})
    for (int64_t k = 0; k < test.columns; ++k) {
      float before = test.input.get(test.columns + k);
      test.input.set(test.columns + k, broken);
      test.run(*kernel);
      test.input.set(test.columns + k, before);
      for (int64_t group = 0; group < test.width / format().group; ++group)
        EXPECT_EQ(std::isfinite(test.scale(1, group)), group != k / format().group)
            << broken << " in column " << k << ", group " << group;
    }
}

/// The numbers that are rounded come out of a LayerNorm. They may be off by their last bits, so the
/// integers by one: the slack is a step of rows whose largest number is about 4.
TEST_P(QuantRows, OfALayerNormAreRoundedInGroups) {
  constexpr int64_t kColumns = 172, kWidth = 256;
  std::string from = tensorText({-1, kColumns}, ElementType::F32);
  std::string vector = tensorText({kColumns}, ElementType::F32);
  std::string to = tensorText({-1, kWidth}, quantRowsText(format()));
  std::string types = from + ", " + vector + ", " + vector;
  auto kernel = KernelRunner::compile(
      "graphc.kernel @k(%x: " + from + ", %g: " + vector + ", %b: " + vector + ") -> " + to +
          " {\n  %0 = graphc.prepare_rows %x layer_norm(1.0e-05) gamma(%g) beta(%b) : (" + types +
          ") -> " + to + "\n  graphc.yield %0 : " + to + "\n}\n",
      level(), {kMaxRows, kMaxRows, kMaxRows});
  ASSERT_TRUE(kernel);
  Numbers input(ElementType::F32, kMaxRows * kColumns), gamma(ElementType::F32, kColumns),
      beta(ElementType::F32, kColumns);
  input.randomize(1), gamma.randomize(2), beta.randomize(3);
  AlignedArray<std::byte> rows(size_t(kMaxRows * format().rowBytes(kWidth)));
  StepArrays step;
  step.T = kMaxRows;
  std::vector<void *> memory = {input.data(), gamma.data(), beta.data(), rows.data()};
  kernel->run(step, memory, 3);
  expectAsReference(*kernel, step, memory, 4.0 / 127);
}
