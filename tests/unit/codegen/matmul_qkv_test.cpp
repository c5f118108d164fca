// fused_qkv against f64 sums and against the reference: queries in their buffer, keys and values in
// the pages of the cache.
#include "KernelReference.h"
#include "MatmulFixture.h"

#include "runtime/plan/KvLayout.h"

#include <gtest/gtest.h>

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr int64_t kMaxRows = 64;
constexpr int64_t kContext = 256;
constexpr int64_t kPages = 9;
constexpr float kUntouched = -12288; // a bf16 number

struct QkvSpec {
  FactorTypes type = {}; ///< Queries are of the rows'.
  ElementType cacheType = ElementType::F32;
  int64_t depth = 64;
  int64_t queryHeads = 4, cacheHeads = 2, headDim = 16;
  bool rope = true, factor = true, bias = false;

  int64_t heads() const { return queryHeads + 2 * cacheHeads; }
  int64_t channels() const { return heads() * headDim; }
  PanelLayout layout() const { return {channels(), depth, heads(), panelInterleave(type.weight)}; }
  PanelLayout biasLayout() const { return {channels(), 1, heads(), 1}; }
  KvLayout cache() const { return {cacheHeads, headDim, cacheType}; }
  /// Bytes of an int8 cache are kept in pairs.
  ElementType keptType() const {
    return cacheType == ElementType::I8 ? ElementType::BF16 : cacheType;
  }
  int64_t pageElements() const { return cache().pageBytes() / byteSize(keptType()); }
};

std::ostream &operator<<(std::ostream &out, const QkvSpec &spec) {
  return out << nameOf(spec.type) << " cache " << nameOf(spec.cacheType) << " K " << spec.depth
             << " heads " << spec.queryHeads << "/" << spec.cacheHeads << " of " << spec.headDim;
}

std::string kernelText(const QkvSpec &spec) {
  std::string arguments, types, clauses;
  auto add = [&](const char *name, const std::string &type) {
    arguments += std::string(arguments.empty() ? "%" : ", %") + name + ": " + type;
    types += (types.empty() ? "" : ", ") + type;
  };
  auto addClause = [&](bool present, const char *word, const char *name, const std::string &type) {
    if (!present)
      return;
    add(name, type);
    clauses += std::string(" ") + word + "(%" + name + ")";
  };
  add("x", tensorText({-1, spec.depth}, spec.type.rows));
  add("w", packedText(spec.layout(), spec.type.weight));
  clauses = rowsClause(spec.type);
  addClause(spec.factor, "row_factor", "f", "tensor<?xf32>");
  addClause(spec.bias, "bias", "b",
            tensorText({spec.layout().panels() * kPanelRows}, ElementType::F32));
  addClause(spec.rope, "rope", "r", tensorText({kContext, spec.headDim}, ElementType::F32));
  add("kv", "!graphc.kv_cache<" + std::to_string(spec.cacheHeads) + "x" +
                std::to_string(spec.headDim) + "x" + nameOf(spec.cacheType) + ">");
  add("step", "!graphc.step");
  std::string result = tensorText({spec.queryHeads, -1, spec.headDim}, spec.type.rows);
  return "graphc.kernel @k(" + arguments + ") -> " + result + " {\n  %0 = graphc.fused_qkv %x, %w" +
         clauses + " append(%kv, %step) : (" + types + ") -> " + result +
         "\n  graphc.yield %0 : " + result + "\n}\n";
}

/// Three sequences: one that begins, one that crosses a page, one far in.
StepArrays stepOf(int64_t rows) {
  StepArrays step;
  step.pageTable = {4, 1, 8, 0, /*sequence 1*/ 2, 7, 5, 3, /*sequence 2*/ 6, 6, 6, 6};
  step.pageTableStride = 4;
  constexpr int32_t kFirstPosition[] = {0, 62, 33};
  int32_t before[] = {0, 5, 40};
  for (int32_t first : before) {
    if (first < rows)
      step.rowOffsets.push_back(first);
  }
  step.rowOffsets.push_back(static_cast<int32_t>(rows));
  for (int32_t t = 0; t < rows; ++t) {
    int32_t slot = t < 5 ? 0 : t < 40 ? 1 : 2;
    step.slot.push_back(slot);
    step.position.push_back(kFirstPosition[slot] + t - before[slot]);
  }
  return step;
}

struct QkvResult {
  Numbers query, cache;
};

class QkvCase {
public:
  explicit QkvCase(const QkvSpec &spec)
      : spec(spec), rows(spec.type.rows, kMaxRows * spec.depth),
        matrix(spec.type.weight, spec.channels() * spec.depth), factor(ElementType::F32, kMaxRows),
        biasValues(ElementType::F32, spec.channels()),
        table(ElementType::F32, kContext * spec.headDim), weight(spec.type.weight, 0),
        bias(ElementType::F32, 0) {
    rows.randomize(1);
    matrix.randomize(2, 0.1f);
    factor.randomize(3);
    biasValues.randomize(4);
    weight = packed(matrix, spec.layout());
    bias = packed(biasValues, spec.biasLayout());
    for (int64_t i = 0; i < table.size(); ++i) {
      int64_t half = spec.headDim / 2, column = i % spec.headDim;
      double angle = double(i / spec.headDim) / (1 + double(column % half));
      table.set(i, float(column < half ? std::cos(angle) : std::sin(angle)));
    }
    for (int64_t t = 0; t < kMaxRows; ++t) {
      for (int64_t n = 0; n < spec.channels(); ++n)
        sums.push_back(computeSum(t, n));
    }
  }

  QkvResult run(KernelRunner &kernel, int64_t count, int64_t pieces = 1) {
    QkvResult result{{spec.type.rows, spec.queryHeads * kMaxRows * spec.headDim},
                     {spec.keptType(), kPages * spec.pageElements()}};
    result.query.fill(kUntouched);
    result.cache.fill(kUntouched);
    kernel.run(stepOf(count), memoryWith(result), pieces);
    return result;
  }

  void compareWithReference(const KernelRunner &kernel, int64_t count, QkvResult &result) {
    double slack = std::max(2e-5, 2e-8 * double(spec.depth));
    expectAsReference(kernel, stepOf(count), memoryWith(result), slack);
  }

  /// Channel `d` of a head (in the order of the weight) of row `t`.
  Approx expected(int64_t t, int64_t position, int64_t head, int64_t d) const {
    int64_t half = spec.headDim / 2, first = head * spec.headDim;
    if (!spec.rope || head >= spec.queryHeads + spec.cacheHeads)
      return sum(t, first + d);
    int64_t pair = d % half;
    Approx low = sum(t, first + pair), high = sum(t, first + half + pair);
    Approx cos{table.get(position * spec.headDim + pair)};
    Approx sin{table.get(position * spec.headDim + half + pair)};
    return d < half ? low * cos - high * sin : high * cos + low * sin;
  }

  std::unique_ptr<KernelRunner> compile(const std::string &level) const {
    return KernelRunner::compile(kernelText(spec), level, {kMaxRows, kMaxRows, kContext});
  }

  const QkvSpec spec;

private:
  std::vector<void *> memoryWith(QkvResult &result) {
    std::vector<void *> memory = {rows.data(), weight.data()};
    if (spec.factor)
      memory.push_back(factor.data());
    if (spec.bias)
      memory.push_back(bias.data());
    if (spec.rope)
      memory.push_back(table.data());
    memory.insert(memory.end(), {result.cache.data(), nullptr, result.query.data()});
    return memory;
  }

  Approx sum(int64_t t, int64_t n) const { return sums[size_t(t * spec.channels() + n)]; }

  Approx computeSum(int64_t t, int64_t n) const {
    Approx value = product(rows, t, spec.depth, matrix, n, spec.depth);
    if (spec.factor)
      value = value * Approx{factor.get(t)};
    if (spec.bias)
      value = value + Approx{biasValues.get(n)};
    return value;
  }

  Numbers rows, matrix, factor, biasValues, table, weight, bias;
  std::vector<Approx> sums; ///< [kMaxRows][channels]
};

/// Compares what `found` has for every row, and that nothing else was written.
void expectMatches(const QkvCase &test, QkvResult &found, int64_t rows) {
  const QkvSpec &spec = test.spec;
  KvLayout layout = spec.cache();
  StepArrays step = stepOf(rows);
  int64_t t = 0, head = 0, d = 0;
  auto take = [&](Numbers &numbers, int64_t at, const Approx &expected, ElementType type) {
    float value = numbers.get(at);
    ASSERT_TRUE(expected.storedAs(type).holds(value))
        << spec << " row " << t << " head " << head << " channel " << d << ": expected "
        << expected.value << " +- " << expected.error << " but got " << value;
    numbers.set(at, kUntouched);
  };
  for (t = 0; t < rows; ++t) {
    int64_t position = step.position[size_t(t)], slot = step.slot[size_t(t)];
    int64_t page = step.pageTable[size_t(slot * step.pageTableStride + position / kPageTokens)];
    for (head = 0; head < spec.heads(); ++head) {
      for (d = 0; d < spec.headDim; ++d) {
        Approx expected = test.expected(t, position, head, d);
        int64_t inCache = head - spec.queryHeads, token = position % kPageTokens;
        if (inCache < 0) {
          ASSERT_NO_FATAL_FAILURE(take(found.query, (head * kMaxRows + t) * spec.headDim + d,
                                       expected, spec.type.rows));
          continue;
        }
        int64_t offset = inCache < spec.cacheHeads
                             ? layout.keyOffset(inCache, token, d)
                             : layout.valueOffset(inCache - spec.cacheHeads, token, d);
        int64_t at = page * spec.pageElements() + offset / byteSize(spec.cacheType);
        ASSERT_NO_FATAL_FAILURE(take(found.cache, at, expected, spec.cacheType));
      }
    }
  }
  for (Numbers *numbers : {&found.query, &found.cache}) {
    for (int64_t i = 0; i < numbers->size(); ++i)
      ASSERT_EQ(numbers->get(i), kUntouched) << spec << ": written at " << i;
  }
}

/// Of an int8 cache: every byte of the rows' keys, values and scales is as in `whole`, every other
/// as it was.
void expectBytesOf(const QkvSpec &spec, QkvResult &found, QkvResult &whole, int64_t rows) {
  KvLayout layout = spec.cache();
  StepArrays step = stepOf(rows);
  Numbers untouched(spec.keptType(), found.cache.size());
  untouched.fill(kUntouched);
  auto *bytes = static_cast<char *>(found.cache.data());
  auto *wanted = static_cast<char *>(whole.cache.data());
  auto *before = static_cast<char *>(untouched.data());
  for (int64_t t = 0; t < rows; ++t) {
    int64_t position = step.position[size_t(t)], slot = step.slot[size_t(t)];
    int64_t page = step.pageTable[size_t(slot * step.pageTableStride + position / kPageTokens)];
    int64_t token = position % kPageTokens;
    auto take = [&](int64_t offset, int64_t count) {
      int64_t at = page * layout.pageBytes() + offset;
      ASSERT_EQ(std::memcmp(bytes + at, wanted + at, size_t(count)), 0) << spec << " row " << t;
      std::memcpy(bytes + at, before + at, size_t(count));
    };
    for (int64_t head = 0; head < spec.cacheHeads; ++head) {
      for (int64_t d = 0; d < spec.headDim; ++d) {
        ASSERT_NO_FATAL_FAILURE(take(layout.keyOffset(head, token, d), 1));
        ASSERT_NO_FATAL_FAILURE(take(layout.valueOffset(head, token, d), 1));
      }
      ASSERT_NO_FATAL_FAILURE(take(layout.keyScaleOffset(head, token), KvLayout::kScaleBytes));
      ASSERT_NO_FATAL_FAILURE(take(layout.valueScaleOffset(head, token), KvLayout::kScaleBytes));
    }
  }
  EXPECT_EQ(std::memcmp(bytes, before, size_t(kPages * layout.pageBytes())), 0)
      << spec << ": written elsewhere with " << rows << " rows";
}

class MatmulQkv : public testing::TestWithParam<std::tuple<std::string, FactorTypes>> {
protected:
  std::string level() const { return std::get<0>(GetParam()); }
  FactorTypes type() const { return std::get<1>(GetParam()); }

  void check(const QkvSpec &spec) {
    QkvCase test(spec);
    auto kernel = test.compile(level());
    ASSERT_TRUE(kernel);
    EXPECT_EQ(kernel->emitted().tasks.count(1), spec.heads());
    QkvResult whole = test.run(*kernel, kMaxRows);
    ASSERT_NO_FATAL_FAILURE(test.compareWithReference(*kernel, kMaxRows, whole)) << spec;
    for (int64_t rows : {1, 2, 3, 5, 7, 12, 13, 37}) {
      QkvResult some = test.run(*kernel, rows, /*pieces=*/rows % 3 + 1);
      for (int64_t head = 0; head < spec.queryHeads; ++head) {
        int64_t at = head * kMaxRows * spec.headDim;
        ASSERT_TRUE(sameBits(some.query, at, whole.query, at, rows * spec.headDim))
            << spec << ": other queries with " << rows << " rows";
      }
      for (int64_t i = 0; i < some.cache.size(); ++i) {
        float value = some.cache.get(i);
        ASSERT_TRUE(value == kUntouched || value == whole.cache.get(i))
            << spec << ": other keys or values with " << rows << " rows";
      }
      ASSERT_NO_FATAL_FAILURE(expectMatches(test, some, rows));
    }
    ASSERT_NO_FATAL_FAILURE(expectMatches(test, whole, kMaxRows));
  }
};

class MatmulQkvIntegers : public MatmulQkv {
protected:
  void checkIntegers(QkvSpec spec) {
    spec.type = type();
    spec.cacheType = ElementType::I8;
    QkvCase test(spec);
    auto kernel = test.compile(level());
    ASSERT_TRUE(kernel);
    QkvResult whole = test.run(*kernel, kMaxRows);
    ASSERT_NO_FATAL_FAILURE(test.compareWithReference(*kernel, kMaxRows, whole)) << spec;
    for (int64_t rows : {1, 2, 5, 13, 37}) {
      QkvResult some = test.run(*kernel, rows, /*pieces=*/rows % 3 + 1);
      ASSERT_NO_FATAL_FAILURE(expectBytesOf(spec, some, whole, rows));
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Levels, MatmulQkvIntegers, testing::ValuesIn(targetsAndTypes()),
                         [](const auto &info) {
                           return testNameOf(std::get<0>(info.param)) + "_" +
                                  nameOf(std::get<1>(info.param));
                         });

INSTANTIATE_TEST_SUITE_P(Levels, MatmulQkv, testing::ValuesIn(targetsAndTypes()),
                         [](const auto &info) {
                           return testNameOf(std::get<0>(info.param)) + "_" +
                                  nameOf(std::get<1>(info.param));
                         });

} // namespace

TEST_P(MatmulQkv, RotatesAndAppends) {
  for (int64_t headDim : {8, 16, 64, 80, 96})
    check({.type = type(), .cacheType = type().rows, .headDim = headDim});
}

TEST_P(MatmulQkv, AddsABias) {
  check({.type = type(), .cacheType = type().rows, .depth = 172, .headDim = 24, .bias = true});
}

TEST_P(MatmulQkv, DoesWithoutRopeAndFactor) {
  check({.type = type(), .cacheType = type().rows, .headDim = 32, .rope = false, .factor = false});
}

TEST_P(MatmulQkv, CachesAnotherType) {
  ElementType other = type().rows == ElementType::F32 ? ElementType::BF16 : ElementType::F32;
  check({.type = type(), .cacheType = other, .headDim = 48});
}

TEST_P(MatmulQkv, SplitsPairsOfTheCacheWhereHalvesAreOdd) {
  check({.type = type(), .cacheType = ElementType::BF16, .headDim = 10});
}

TEST_P(MatmulQkvIntegers, RoundsAHeadAtATime) {
  for (int64_t headDim : {10, 64, 80})
    checkIntegers({.headDim = headDim});
}

TEST_P(MatmulQkvIntegers, RoundsWithoutRopeAndFactorToo) {
  checkIntegers({.depth = 172, .headDim = 96, .rope = false, .factor = false, .bias = true});
}

TEST_P(MatmulQkvIntegers, KeepsRowsApartWhereAPanelIsLong) {
  // Panels of more than half a megabyte: one at a time would leave others' rows between a head's.
  checkIntegers({.depth = 8300, .queryHeads = 1, .cacheHeads = 1, .headDim = 64});
}
