#include "KernelReference.h"

#include "HostTensor.h"

#include "ir/PanelLayout.h"
#include "ir/QuantFormat.h"
#include "ir/reference/Evaluator.h"

#include <gtest/gtest.h>
#include <numeric>

using namespace mlir;

namespace graphc::test {

namespace {

ElementType elementTypeOf(Type type) {
  return type.isF32() ? ElementType::F32 : type.isF16() ? ElementType::F16 : ElementType::BF16;
}

StepData stepDataOf(const StepArrays &step) {
  auto tokens = static_cast<size_t>(step.extents().tokens);
  StepData data{step.tokens, step.position, step.slot, step.rowOffsets, step.outRows,
                {},          step.inputRows};
  data.tokens.resize(tokens);
  data.slot.resize(tokens);
  if (data.position.empty()) {
    data.position.resize(tokens);
    std::iota(data.position.begin(), data.position.end(), 0);
  }
  if (data.rowOffsets.empty())
    data.rowOffsets = {0, static_cast<int32_t>(tokens)};
  data.sequences.resize(data.rowOffsets.size() - 1);
  std::iota(data.sequences.begin(), data.sequences.end(), 0);
  return data;
}

template <typename Word>
Word wordAt(const char *place) {
  Word word;
  std::memcpy(&word, place, sizeof(word));
  return word;
}

/// Number `column` of a quantized row of `width` (see ir/QuantFormat.h).
float quantRowNumber(const char *row, int64_t width, const QuantRowFormat &format, int64_t column) {
  auto scale = wordAt<float>(row + width + column / format.group * int64_t(sizeof(float)));
  return scale * float(wordAt<int8_t>(row + column / 4 * 4 + byteOfColumn(column)));
}

/// Number `column` of a channel of a block of a packed quantized weight.
float quantBlockNumber(const char *block, const QuantFormat &format, int64_t channel,
                       int64_t column) {
  const char *group =
      block + format.headBytes(kPanelRows) + column / format.group * format.groupBytes(kPanelRows);
  // The scale, or the minimum behind it, with the group's factor.
  auto scale = [&](int64_t which) {
    int64_t place = which * kPanelRows + channel;
    float number = loadNumber(block + place * QuantFormat::kScaleBytes, ElementType::F16);
    return format.hasTwoLevels() ? number * float(wordAt<int8_t>(group + place)) : number;
  };
  int64_t inGroup = column % format.group, inSpan = inGroup % format.spanColumns();
  const char *span =
      group + format.factorBytes(kPanelRows) +
      inGroup / format.spanColumns() * kPanelRows * format.spanColumns() * format.bits / 8;
  // The column's byte in units of so many columns, and of its bits those from the column's on.
  auto bitsAt = [&](const char *units, int64_t columns, int64_t bits) {
    int64_t unit = inSpan / columns * kPanelRows + channel;
    auto byte = int64_t(wordAt<int8_t>(units + unit * 4 + byteOfColumn(inSpan % 4)));
    return byte >> inSpan % columns / 4 * bits;
  };
  int64_t integer = bitsAt(span, format.unitColumns(), 4);
  if (!format.isWhole()) {
    integer &= 15;
    if (int64_t bits = format.highBits()) {
      const char *high = span + format.lowBytes(kPanelRows, format.spanColumns());
      integer |= (bitsAt(high, format.highUnitColumns(), bits) & ((1 << bits) - 1)) << 4;
    }
    integer = format.integerOf(integer);
  }
  return format.hasMinimum ? std::fma(float(integer), scale(0), scale(1))
                           : scale(0) * float(integer);
}

/// A tensor in a kernel's memory: dense and row-major in the bounds of its dimensions, or of
/// quantized numbers.
class TensorMemory {
public:
  TensorMemory(ArrayRef<Dim> dims, Type elementType, const StepDims &extents,
               const StepBounds &bounds, const void *memory)
      : quant(dyn_cast<QuantType>(elementType)),
        type(quant ? ElementType::F32 : elementTypeOf(elementType)),
        memory(static_cast<const char *>(memory)) {
    StepDims limits{bounds.tokens, bounds.rows, bounds.cached};
    for (Dim dim : dims) {
      shape.push_back(extents(dim));
      boundShape.push_back(limits(dim));
    }
  }

  float get(const Index &at) const {
    if (quant && quant.isOfRows()) {
      const QuantRowFormat format = quant.getRowFormat();
      return quantRowNumber(memory + at[0] * format.rowBytes(shape[1]), shape[1], format, at[1]);
    }
    if (quant) {
      QuantFormat format = quant.getFormat();
      int64_t block = at[0] * shape[1] + at[1];
      return quantBlockNumber(memory + block * format.blockBytes(kPanelRows), format, at[2], at[3]);
    }
    int64_t offset = 0;
    for (size_t i = 0; i < at.size(); ++i)
      offset = offset * boundShape[i] + at[i];
    return loadNumber(memory + offset * byteSize(type), type);
  }

  TensorPtr read() const {
    std::vector<float> numbers;
    forEachIndex(shape, [&](const Index &at) { numbers.push_back(get(at)); });
    return std::make_shared<const Tensor>(shape, std::move(numbers));
  }

  mutable QuantType quant; ///< Or null; accessors of types are not const.
  const ElementType type;  ///< Of the numbers once they are read.
  Index shape, boundShape;

private:
  const char *memory;
};

/// One layer's cache in a kernel's memory.
class CacheMemory {
public:
  CacheMemory(KvCacheType type, const StepArrays &step, const void *memory)
      : layout(kvLayoutOf(type)), step(step), memory(static_cast<const char *>(memory)) {}

  KvStore::Row read(int32_t slot, int32_t position) const {
    KvStore::Row row;
    int64_t entry = slot * step.pageTableStride + position / kPageTokens;
    const char *page = memory + step.pageTable[size_t(entry)] * layout.pageBytes();
    int64_t token = position % kPageTokens;
    forEachIndex({layout.heads, layout.headDim}, [&](const Index &at) {
      row.key.push_back(loadCached(page, layout, CacheSide::Key, at[0], token, at[1]));
      row.value.push_back(loadCached(page, layout, CacheSide::Value, at[0], token, at[1]));
    });
    return row;
  }

  const KvLayout layout;

private:
  const StepArrays &step;
  const char *memory;
};

/// The comparison of one run.
class Comparison {
public:
  Comparison(const KernelRunner &runner, SymbolicDims dims, const StepArrays &step,
             const std::vector<void *> &memory, double slack)
      : kernel(runner.kernel()), dims(std::move(dims)), bounds(runner.bounds()), step(step),
        data(stepDataOf(step)), memory(memory), slack(slack) {}

  void run() {
    std::vector<RuntimeValue> arguments;
    for (BlockArgument argument : kernel.getBody().getArguments())
      arguments.push_back(valueOf(argument));
    auto results =
        Evaluator(kernel->getParentOfType<ModuleOp>(), nullptr)
            .run(cast<FunctionOpInterface>(kernel.getOperation()), arguments, data, store);
    ASSERT_TRUE(results.ok()) << results.status().message();
    ASSERT_EQ(memory.size(), arguments.size() + results->size());
    for (auto [i, result] : llvm::enumerate(*results))
      ASSERT_NO_FATAL_FAILURE(compareResult(i, *result));
    if (!readsCache())
      ASSERT_NO_FATAL_FAILURE(compareAppended());
  }

private:
  bool readsCache() { return isa<KvReadOp, FlashAttentionOp>(kernel.getComputedOp()); }

  std::string name() { return kernel.getComputedOp()->getName().getStringRef().str(); }

  TensorMemory tensorAt(Value value, const void *place) {
    Type elementType = cast<RankedTensorType>(value.getType()).getElementType();
    return TensorMemory(dims.get(value), elementType, step.extents(), bounds, place);
  }

  RuntimeValue valueOf(BlockArgument argument) {
    const void *place = memory[argument.getArgNumber()];
    if (isa<StepType>(argument.getType()))
      return StepRef();
    if (isa<RankedTensorType>(argument.getType()))
      return tensorAt(argument, place).read();
    cache.emplace(cast<KvCacheType>(argument.getType()), step, place);
    if (readsCache()) {
      for (CachedRow row : data.cachedRows())
        store.set(0, row.slot, row.position, cache->read(row.slot, row.position));
    }
    return CacheRef{0};
  }

  void compareResult(size_t i, const Tensor &expected) {
    Value value = kernel.getComputedOp()->getResult(static_cast<unsigned>(i));
    TensorMemory found = tensorAt(value, memory[kernel.getBody().getNumArguments() + i]);
    ASSERT_EQ(found.shape, expected.shape) << name() << ", result " << i;
    auto next = expected.values.begin();
    forEachIndex(found.shape, [&](const Index &at) {
      float want = *next++;
      if (testing::Test::HasFatalFailure())
        return;
      ASSERT_TRUE(isNear(found.get(at), want, found.type))
          << name() << ", result " << i << " at " << testing::PrintToString(at) << ": reference "
          << want << ", kernel " << found.get(at);
    });
  }

  /// Every token's key and value, if the op has a cache.
  void compareAppended() {
    for (size_t t = 0; cache && t < data.tokens.size(); ++t) {
      const KvStore::Row *expected = store.find(0, data.slot[t], data.position[t]);
      ASSERT_TRUE(expected) << name() << ": the reference appends nothing for token " << t;
      KvStore::Row found = cache->read(data.slot[t], data.position[t]);
      ASSERT_NO_FATAL_FAILURE(compareRow("key", t, found.key, expected->key));
      ASSERT_NO_FATAL_FAILURE(compareRow("value", t, found.value, expected->value));
    }
  }

  void compareRow(const char *what, size_t t, const std::vector<float> &found,
                  const std::vector<float> &expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i)
      ASSERT_TRUE(isNear(found[i], expected[i], cache->layout.elementType) ||
                  isNextInteger(found, expected, i))
          << name() << ", " << what << " of token " << t << " at " << i << ": reference "
          << expected[i] << ", kernel " << found[i];
  }

  /// Whether numbers of an int8 cache differ by a step at most, which is what a number between two
  /// integers may do if its last bits or those of the scale were others.
  bool isNextInteger(const std::vector<float> &found, const std::vector<float> &expected,
                     size_t i) const {
    if (!cache->layout.hasScales() || !mayRoundOtherwise())
      return false;
    auto headDim = size_t(cache->layout.headDim);
    auto head = expected.begin() + std::ptrdiff_t(i / headDim * headDim);
    float largest = 0;
    for (float x : std::span(head, headDim))
      largest = std::max(largest, std::abs(x));
    return std::abs(found[i] - expected[i]) <= largest / 127 * 1.01f;
  }

  /// An op that computes before it rounds; kv_append alone has the same bits as the reference.
  bool mayRoundOtherwise() const { return !isa<KvAppendOp>(computedOp); }

  bool isNear(float found, float expected, ElementType type) const {
    if (std::isnan(expected) || std::isinf(expected))
      return std::isnan(expected) ? std::isnan(found) : found == expected;
    double size = std::abs(double(expected)), allowed = slack * (1 + size);
    if (type == ElementType::BF16)
      allowed += size * 0x1p-7;
    if (type == ElementType::F16)
      allowed += size * 0x1p-10;
    return std::abs(double(found) - double(expected)) <= allowed;
  }

  KernelOp kernel;
  Operation *computedOp = kernel.getComputedOp();
  SymbolicDims dims;
  StepBounds bounds;
  const StepArrays &step;
  StepData data;
  const std::vector<void *> &memory;
  double slack;
  std::optional<CacheMemory> cache;
  KvStore store;
};

} // namespace

void expectAsReference(const KernelRunner &kernel, const StepArrays &step,
                       const std::vector<void *> &memory, double slack) {
  FailureOr<SymbolicDims> dims = kernelDims(kernel.kernel());
  ASSERT_TRUE(succeeded(dims));
  Comparison(kernel, *std::move(dims), step, memory, slack).run();
}

} // namespace graphc::test
