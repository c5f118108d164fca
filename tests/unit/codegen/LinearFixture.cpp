#include "LinearFixture.h"

#include "KernelReference.h"

namespace graphc::test {

/// Numbers of rows that reach every class of row tiles, alone and behind others.
static constexpr int64_t kRowCounts[] = {1,  2,  3,  4,  5,  6,  7,  8,  9, 10,
                                         11, 12, 13, 16, 25, 32, 35, 37, 64};
static constexpr float kUntouched = -12288; // a bf16 number

std::ostream &operator<<(std::ostream &out, const LinearSpec &spec) {
  return out << spec.type << " K " << spec.depth << " N " << spec.channels << " gate '" << spec.gate
             << "' act '" << spec.act << "' cap " << spec.cap << " factor " << spec.factor
             << " bias " << spec.bias << " residual " << spec.residual << " result "
             << nameOf(spec.result);
}

std::string LinearCase::kernelText() const {
  std::string dims = " {graphc.dims = [\"" + spec.rowsDim + "\"]}";
  KernelText text;
  text.add("x", factors->rowsText(), dims);
  text.add("w", factors->weightText());
  std::string op = std::string(spec.isFused() ? "graphc.fused_linear" : "graphc.linear") +
                   " %x, %w" + (spec.isFused() ? factors->rowsClause() : "");
  scaleAndBias.addTo(text, dims);
  if (!spec.gate.empty())
    text.addWord("gate(" + spec.gate + ")");
  if (!spec.act.empty())
    text.addWord("act(" + spec.act + ")");
  if (spec.cap > 0)
    text.addWord("cap(" + std::to_string(spec.cap) + ")");
  if (spec.residual)
    text.addClause("residual", tensorText({-1, spec.channels}, ElementType::F32), dims);
  return text.kernel(op, {tensorText({-1, spec.channels}, spec.result)});
}

LinearCase::LinearCase(const LinearSpec &spec)
    : spec(spec), factors(makeFactors(spec.type, spec.maxRows, spec.layout(), spec.rowPadding)),
      scaleAndBias(spec.factor, spec.bias, spec.maxRows, spec.biasLayout()),
      residual(ElementType::F32, spec.maxRows * spec.channels) {
  residual.randomize(5);
}

std::unique_ptr<KernelRunner> LinearCase::compile(const std::string &level) const {
  return KernelRunner::compile(kernelText(), level, {spec.maxRows, spec.maxRows, spec.maxRows});
}

StepArrays LinearCase::stepOf(int64_t count) const {
  StepArrays step;
  step.T = spec.rowsDim == "T" ? count : spec.maxRows;
  step.R = spec.rowsDim == "R" ? count : 0;
  return step;
}

std::vector<void *> LinearCase::memoryWith(void *rows, Numbers &result) {
  std::vector<void *> memory = {rows, factors->weight()};
  scaleAndBias.addTo(memory);
  if (spec.residual)
    memory.push_back(residual.data());
  memory.push_back(result.data());
  return memory;
}

Numbers LinearCase::run(KernelRunner &kernel, int64_t count, int64_t pieces) {
  Numbers result(spec.result, spec.maxRows * spec.channels);
  result.fill(kUntouched);
  kernel.run(stepOf(count), memoryWith(factors->rows(), result), pieces);
  for (int64_t i = count * spec.channels; i < result.size(); ++i)
    EXPECT_EQ(result.get(i), kUntouched) << "written behind the rows at " << i;
  return result;
}

void LinearCase::compareWithReference(const KernelRunner &kernel, int64_t count, Numbers &result) {
  expectAsReference(kernel, stepOf(count), memoryWith(factors->cleanRows(), result), 2e-5);
}

Approx LinearCase::preActivation(int64_t t, int64_t n) const {
  return scaleAndBias.of(factors->sum(t, n), t, n);
}

Approx LinearCase::expected(int64_t t, int64_t n) const {
  Approx value = preActivation(t, n);
  if (!spec.gate.empty())
    value = activated(spec.gate, value) * preActivation(t, n + spec.channels);
  if (!spec.act.empty())
    value = activated(spec.act, value);
  if (spec.cap > 0)
    value = capped(value, spec.cap);
  if (spec.residual)
    value = value + Approx{residual.get(t * spec.channels + n)};
  return value.storedAs(spec.result);
}

void expectMatches(const LinearCase &test, const Numbers &result) {
  const LinearSpec &spec = test.spec;
  for (int64_t t = 0; t < spec.maxRows; ++t) {
    for (int64_t n = 0; n < spec.channels; ++n) {
      Approx expected = test.expected(t, n);
      float found = result.get(t * spec.channels + n);
      ASSERT_TRUE(expected.holds(found))
          << spec << " row " << t << " channel " << n << ": expected " << expected.value << " +- "
          << expected.error << " but got " << found;
    }
  }
}

void checkLinear(const LinearSpec &spec, const std::string &level) {
  LinearCase test(spec);
  auto kernel = test.compile(level);
  ASSERT_TRUE(kernel) << spec;
  Numbers whole = test.run(*kernel, spec.maxRows);
  ASSERT_NO_FATAL_FAILURE(expectMatches(test, whole)) << level;
  ASSERT_NO_FATAL_FAILURE(test.compareWithReference(*kernel, spec.maxRows, whole)) << spec;
  for (int64_t rows : kRowCounts) {
    if (rows > spec.maxRows)
      break;
    Numbers some = test.run(*kernel, rows, /*pieces=*/rows % 3 + 1);
    ASSERT_TRUE(sameBits(some, 0, whole, 0, rows * spec.channels))
        << spec << " " << level << ": other bits with " << rows << " rows";
  }
}

} // namespace graphc::test
