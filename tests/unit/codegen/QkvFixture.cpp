#include "QkvFixture.h"

#include "HostTensor.h"
#include "KernelReference.h"

namespace graphc::test {

static constexpr int64_t kMaxRows = 64;
static constexpr int64_t kContext = 256;
static constexpr int64_t kPages = 9;
static constexpr float kUntouched = -12288; // a bf16 number

std::ostream &operator<<(std::ostream &out, const QkvSpec &spec) {
  return out << spec.type << " cache " << nameOf(spec.cacheType) << " K " << spec.depth << " heads "
             << spec.queryHeads << "/" << spec.cacheHeads << " of " << spec.headDim;
}

/// Three sequences: one that begins, one that crosses a page, one far in.
static StepArrays stepOf(int64_t rows) {
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

/// Where a step's row has its key and value.
struct TokenPlace {
  int64_t page, token;

  TokenPlace(const StepArrays &step, int64_t t) {
    int64_t position = step.position[size_t(t)], slot = step.slot[size_t(t)];
    page = step.pageTable[size_t(slot * step.pageTableStride + position / kPageTokens)];
    token = position % kPageTokens;
  }
};

//===----------------------------------------------------------------------===//
// QkvCase
//===----------------------------------------------------------------------===//

QkvCase::QkvCase(const QkvSpec &spec)
    : spec(spec), factors(makeFactors(spec.type, kMaxRows, spec.layout(), /*padding=*/0)),
      scaleAndBias(spec.factor, spec.bias, kMaxRows, spec.biasLayout()),
      table(ElementType::F32, kContext * spec.headDim) {
  for (int64_t i = 0; i < table.size(); ++i) {
    int64_t half = spec.headDim / 2, column = i % spec.headDim;
    double angle = double(i / spec.headDim) / (1 + double(column % half));
    table.set(i, float(column < half ? std::cos(angle) : std::sin(angle)));
  }
  for (int64_t t = 0; t < kMaxRows; ++t) {
    for (int64_t n = 0; n < spec.channels(); ++n)
      sums.push_back(scaleAndBias.of(factors->sum(t, n), t, n));
  }
}

std::string QkvCase::kernelText() const {
  KernelText text;
  text.add("x", factors->rowsText());
  text.add("w", factors->weightText());
  scaleAndBias.addTo(text);
  if (spec.rope)
    text.addClause("rope", tensorText({kContext, spec.headDim}, ElementType::F32));
  text.add("kv", cacheText(spec.cacheHeads, spec.headDim, nameOf(spec.cacheType)));
  text.add("step", "!graphc.step");
  text.addWord("append(%kv, %step)");
  return text.kernel("graphc.fused_qkv %x, %w" + factors->rowsClause(),
                     {tensorText({spec.queryHeads, -1, spec.headDim}, spec.queryType())});
}

std::unique_ptr<KernelRunner> QkvCase::compile(const std::string &level) const {
  return KernelRunner::compile(kernelText(), level, {kMaxRows, kMaxRows, kContext});
}

std::vector<void *> QkvCase::memoryWith(void *rows, QkvResult &result) {
  std::vector<void *> memory = {rows, factors->weight()};
  scaleAndBias.addTo(memory);
  if (spec.rope)
    memory.push_back(table.data());
  memory.insert(memory.end(), {result.cache.data(), nullptr, result.query.data()});
  return memory;
}

QkvResult QkvCase::run(KernelRunner &kernel, int64_t count, int64_t pieces) {
  QkvResult result{{spec.queryType(), spec.queryHeads * kMaxRows * spec.headDim},
                   {spec.keptType(), kPages * spec.pageElements()}};
  result.query.fill(kUntouched);
  result.cache.fill(kUntouched);
  kernel.run(stepOf(count), memoryWith(factors->rows(), result), pieces);
  return result;
}

void QkvCase::compareWithReference(const KernelRunner &kernel, int64_t count, QkvResult &result) {
  double slack = std::max(2e-5, 2e-8 * double(spec.depth));
  expectAsReference(kernel, stepOf(count), memoryWith(factors->cleanRows(), result), slack);
}

std::vector<Approx> QkvCase::expectedHead(int64_t t, int64_t position, int64_t head) const {
  int64_t half = spec.headDim / 2;
  std::vector<Approx> numbers;
  for (int64_t d = 0; d < spec.headDim; ++d)
    numbers.push_back(sum(t, head * spec.headDim + d));
  if (!spec.rope || head >= spec.queryHeads + spec.cacheHeads)
    return numbers;
  for (int64_t d = 0; d < half; ++d) {
    Approx low = numbers[size_t(d)], high = numbers[size_t(half + d)];
    Approx cos{table.get(position * spec.headDim + d)};
    Approx sin{table.get(position * spec.headDim + half + d)};
    numbers[size_t(d)] = low * cos - high * sin;
    numbers[size_t(half + d)] = high * cos + low * sin;
  }
  return numbers;
}

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

namespace {

/// Compares a result of some rows with what it must be. Numbers that are right are taken out of it,
/// so that others show at the end.
class QkvComparison {
public:
  QkvComparison(const QkvCase &test, QkvResult &found, int64_t rows)
      : test(test), spec(test.spec), found(found), rows(rows), step(stepOf(rows)) {}

  void expectMatches() {
    for (t = 0; t < rows; ++t) {
      for (head = 0; head < spec.heads(); ++head) {
        std::vector<Approx> expected = test.expectedHead(t, step.position[size_t(t)], head);
        if (head < spec.queryHeads)
          ASSERT_NO_FATAL_FAILURE(takeQuery(expected));
        else if (spec.cache().hasScales())
          ASSERT_NO_FATAL_FAILURE(expectIntegers(expected));
        else
          ASSERT_NO_FATAL_FAILURE(takeCached(expected));
      }
    }
    ASSERT_NO_FATAL_FAILURE(expectUntouched(found.query));
    if (!spec.cache().hasScales())
      ASSERT_NO_FATAL_FAILURE(expectUntouched(found.cache));
  }

  /// Of an int8 cache: every byte of the rows' keys, values and scales is as in `whole`, every
  /// other as it was.
  void expectBytesOf(Numbers &whole) {
    KvLayout layout = spec.cache();
    for (t = 0; t < rows; ++t) {
      for (head = 0; head < spec.cacheHeads; ++head) {
        int64_t token = TokenPlace(step, t).token;
        for (int64_t d = 0; d < spec.headDim; ++d) {
          ASSERT_NO_FATAL_FAILURE(takeBytes(whole, layout.keyOffset(head, token, d), 1));
          ASSERT_NO_FATAL_FAILURE(takeBytes(whole, layout.valueOffset(head, token, d), 1));
        }
        for (int64_t at :
             {layout.keyScaleOffset(head, token), layout.valueScaleOffset(head, token)})
          ASSERT_NO_FATAL_FAILURE(takeBytes(whole, at, KvLayout::kScaleBytes));
      }
    }
    expectUntouched(found.cache);
  }

private:
  void expectHolds(const Approx &expected, float value, size_t d) const {
    ASSERT_TRUE(expected.holds(value))
        << spec << " row " << t << " of " << rows << " head " << head << " channel " << d
        << ": expected " << expected.value << " +- " << expected.error << " but got " << value;
  }

  void take(Numbers &numbers, int64_t at, const Approx &expected, size_t d) {
    ASSERT_NO_FATAL_FAILURE(expectHolds(expected, numbers.get(at), d));
    numbers.set(at, kUntouched);
  }

  void takeQuery(const std::vector<Approx> &expected) {
    int64_t start = (head * kMaxRows + t) * spec.headDim;
    for (size_t d = 0; d < expected.size(); ++d)
      ASSERT_NO_FATAL_FAILURE(
          take(found.query, start + int64_t(d), expected[d].storedAs(spec.queryType()), d));
  }

  void takeCached(const std::vector<Approx> &expected) {
    KvLayout layout = spec.cache();
    int64_t inCache = head - spec.queryHeads;
    auto [page, token] = TokenPlace(step, t);
    for (size_t d = 0; d < expected.size(); ++d) {
      int64_t offset = inCache < spec.cacheHeads
                           ? layout.keyOffset(inCache, token, int64_t(d))
                           : layout.valueOffset(inCache - spec.cacheHeads, token, int64_t(d));
      int64_t at = page * spec.pageElements() + offset / byteSize(spec.cacheType);
      ASSERT_NO_FATAL_FAILURE(take(found.cache, at, expected[d].storedAs(spec.cacheType), d));
    }
  }

  void expectIntegers(const std::vector<Approx> &expected) {
    KvLayout layout = spec.cache();
    int64_t inCache = head - spec.queryHeads;
    CacheSide side = inCache < spec.cacheHeads ? CacheSide::Key : CacheSide::Value;
    auto [page, token] = TokenPlace(step, t);
    const char *bytes = static_cast<char *>(found.cache.data()) + page * layout.pageBytes();
    double largest = 0;
    for (const Approx &number : expected)
      largest = std::max(largest, number.most());
    for (size_t d = 0; d < expected.size(); ++d) {
      float value = loadCached(bytes, layout, side, inCache % spec.cacheHeads, token, int64_t(d));
      ASSERT_NO_FATAL_FAILURE(expectHolds(expected[d].storedInStepsTo(largest), value, d));
    }
  }

  void takeBytes(Numbers &whole, int64_t offset, int64_t count) {
    Numbers untouched(spec.keptType(), 1);
    untouched.fill(kUntouched);
    int64_t first = TokenPlace(step, t).page * spec.cache().pageBytes() + offset;
    auto *bytes = static_cast<char *>(found.cache.data());
    auto *wanted = static_cast<const char *>(whole.data());
    for (int64_t at = first; at < first + count; ++at) {
      ASSERT_EQ(bytes[at], wanted[at])
          << spec << ": other bytes with " << rows << " rows, row " << t;
      bytes[at] = static_cast<char *>(untouched.data())[at % byteSize(spec.keptType())];
    }
  }

  void expectUntouched(const Numbers &numbers) const {
    for (int64_t i = 0; i < numbers.size(); ++i)
      ASSERT_EQ(numbers.get(i), kUntouched)
          << spec << ": written elsewhere with " << rows << " rows, at " << i;
  }

  const QkvCase &test;
  const QkvSpec &spec;
  QkvResult &found;
  int64_t rows;
  StepArrays step;
  int64_t t = 0, head = 0;
};

/// A run of some rows has the bits of the run of all.
void expectSameBits(const QkvSpec &spec, const QkvResult &some, const QkvResult &whole,
                    int64_t rows) {
  for (int64_t head = 0; head < spec.queryHeads; ++head) {
    int64_t at = head * kMaxRows * spec.headDim;
    ASSERT_TRUE(sameBits(some.query, at, whole.query, at, rows * spec.headDim))
        << spec << ": other queries with " << rows << " rows";
  }
  for (int64_t i = 0; !spec.cache().hasScales() && i < some.cache.size(); ++i) {
    float value = some.cache.get(i);
    ASSERT_TRUE(value == kUntouched || value == whole.cache.get(i))
        << spec << ": other keys or values with " << rows << " rows";
  }
}

} // namespace

void checkQkv(const QkvSpec &spec, const std::string &level) {
  QkvCase test(spec);
  auto kernel = test.compile(level);
  ASSERT_TRUE(kernel) << spec;
  EXPECT_EQ(kernel->emitted().tasks.count(1), spec.heads());
  QkvResult whole = test.run(*kernel, kMaxRows);
  ASSERT_NO_FATAL_FAILURE(test.compareWithReference(*kernel, kMaxRows, whole)) << spec;
  for (int64_t rows : {1, 2, 3, 5, 7, 12, 13, 37, int(kMaxRows)}) {
    QkvResult some = test.run(*kernel, rows, /*pieces=*/rows % 3 + 1);
    ASSERT_NO_FATAL_FAILURE(expectSameBits(spec, some, whole, rows));
    QkvComparison comparison(test, some, rows);
    ASSERT_NO_FATAL_FAILURE(comparison.expectMatches()) << level;
    if (spec.cache().hasScales())
      ASSERT_NO_FATAL_FAILURE(comparison.expectBytesOf(whole.cache)) << level;
  }
}

} // namespace graphc::test
