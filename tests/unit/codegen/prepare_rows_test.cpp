// prepare_rows on every level that this machine has, also against the reference.
#include "KernelReference.h"
#include "MatmulFixture.h"

#include <gtest/gtest.h>

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr int64_t kMaxRows = 16;
constexpr float kUntouched = -12288; // a bf16 number
constexpr double kEps = 1e-5;

struct PrepareSpec {
  int64_t columns = 64, width = 64;
  ElementType input = ElementType::F32, rows = ElementType::F32;
  bool gamma = false, factor = false;
  std::string rowsDim = "T";
};

std::string kernelText(const PrepareSpec &spec) {
  std::string input = tensorText({-1, spec.columns}, spec.input);
  std::string rows = tensorText({-1, spec.width}, spec.rows);
  std::string gamma = tensorText({spec.columns}, ElementType::F32);
  std::string arguments = "%x: " + input + " {graphc.dims = [\"" + spec.rowsDim + "\"]}";
  std::string types = input, results = rows, clauses;
  if (spec.factor)
    clauses += " rms(1.0e-05)";
  if (spec.gamma) {
    arguments += ", %g: " + gamma;
    types += ", " + gamma;
    clauses += " gamma(%g)";
  }
  if (spec.factor)
    results += ", tensor<?xf32>";
  std::string names = spec.factor ? "%0#0, %0#1" : "%0";
  return "graphc.kernel @k(" + arguments + ") -> (" + results + ") {\n  %0" +
         (spec.factor ? ":2" : "") + " = graphc.prepare_rows %x" + clauses + " : (" + types +
         ") -> (" + results + ")\n  graphc.yield " + names + " : " + results + "\n}\n";
}

struct Prepared {
  Numbers rows, factor;
};

class PrepareCase {
public:
  explicit PrepareCase(const PrepareSpec &spec)
      : spec(spec), input(spec.input, kMaxRows * spec.columns),
        gamma(ElementType::F32, spec.columns) {
    input.randomize(1);
    gamma.randomize(2);
  }

  Prepared run(KernelRunner &kernel, int64_t count, int64_t pieces) {
    Prepared result{{spec.rows, kMaxRows * spec.width}, {ElementType::F32, kMaxRows}};
    result.rows.fill(kUntouched);
    result.factor.fill(kUntouched);
    std::vector<void *> memory = {input.data()};
    if (spec.gamma)
      memory.push_back(gamma.data());
    memory.push_back(result.rows.data());
    if (spec.factor)
      memory.push_back(result.factor.data());
    StepArrays step;
    step.T = spec.rowsDim == "T" ? count : kMaxRows;
    step.R = spec.rowsDim == "R" ? count : 0;
    kernel.run(step, memory, pieces);
    expectAsReference(kernel, step, memory, 2e-6);
    return result;
  }

  /// What stands at row t, column k: the product rounded once, then to the type of the rows.
  float expected(int64_t t, int64_t k) const {
    if (k >= spec.columns)
      return 0;
    float value = input.get(t * spec.columns + k);
    if (spec.gamma)
      value *= gamma.get(k);
    return spec.rows == ElementType::F32 ? value : fromBf16(toBf16(value));
  }

  /// Rounding the sum of K squares, all positive, is off by K half-units at most; the root halves
  /// that; division, addition, root and reciprocal round once each.
  Approx expectedFactor(int64_t t) const {
    double sum = 0;
    for (int64_t k = 0; k < spec.columns; ++k)
      sum += std::pow(double(input.get(t * spec.columns + k)), 2);
    double value = 1 / std::sqrt(sum / double(spec.columns) + double(float(kEps)));
    return {value, value * Approx::kUlp * (double(spec.columns) / 2 + 5)};
  }

  const PrepareSpec spec;

private:
  Numbers input, gamma;
};

void expectMatches(const PrepareCase &test, const Prepared &found, int64_t count) {
  const PrepareSpec &spec = test.spec;
  for (int64_t t = 0; t < kMaxRows; ++t) {
    for (int64_t k = 0; k < spec.width; ++k)
      ASSERT_EQ(found.rows.get(t * spec.width + k), t < count ? test.expected(t, k) : kUntouched)
          << "row " << t << " of " << count << ", column " << k << " of " << spec.columns;
    if (t >= count || !spec.factor) {
      ASSERT_EQ(found.factor.get(t), kUntouched) << "row " << t << " of " << count;
      continue;
    }
    Approx factor = test.expectedFactor(t);
    ASSERT_TRUE(factor.holds(found.factor.get(t)))
        << "row " << t << ": expected " << factor.value << " but got " << found.factor.get(t);
  }
}

class PrepareRows : public testing::TestWithParam<std::string> {
protected:
  void check(const PrepareSpec &spec) {
    PrepareCase test(spec);
    auto kernel =
        KernelRunner::compile(kernelText(spec), GetParam(), {kMaxRows, kMaxRows, kMaxRows});
    ASSERT_TRUE(kernel);
    Prepared whole = test.run(*kernel, kMaxRows, 1);
    expectMatches(test, whole, kMaxRows);
    for (int64_t rows : {1, 3, 4, 5, 13}) {
      Prepared some = test.run(*kernel, rows, /*pieces=*/rows % 3 + 1);
      expectMatches(test, some, rows);
      EXPECT_TRUE(sameBits(some.factor, 0, whole.factor, 0, spec.factor ? rows : 0));
    }
    int64_t tasksOfOneRow = kernel->emitted().tasks.count(1);
    EXPECT_EQ(tasksOfOneRow, 1);
  }
};

INSTANTIATE_TEST_SUITE_P(Levels, PrepareRows, testing::ValuesIn(availableLevels()),
                         [](const auto &info) { return testNameOf(info.param); });

} // namespace

TEST_P(PrepareRows, ConvertsScalesAndPads) {
  constexpr ElementType kF32 = ElementType::F32, kBf16 = ElementType::BF16;
  for (auto [columns, width] :
       {std::array<int64_t, 2>{64, 64}, {172, 192}, {33, 33}, {33, 64}, {5, 8}, {2048, 2080}}) {
    check({columns, width, kF32, kBf16, true, true});
    check({columns, width, kF32, kF32, false, false});
  }
  check({344, 352, kF32, kF32, true, true});
  check({344, 352, kBf16, kBf16, false, true});
  check({344, 384, kBf16, kBf16, false, false});
  check({100, 128, kBf16, kF32, true, false});
}

TEST_P(PrepareRows, RunsOverTheRowsOfItsDimension) {
  check({.columns = 64, .gamma = true, .factor = true, .rowsDim = "R"});
}
