// Flash attention in tests: a kernel of some shape, a cache of some sequences, steps over them, and
// the exact result by plain loops.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_ATTENTIONFIXTURE_H
#define GRAPHC_TESTS_UNIT_CODEGEN_ATTENTIONFIXTURE_H

#include "HostTensor.h"

#include <optional>
#include <ostream>

namespace graphc::test {

struct AttentionConfig {
  int64_t heads, keyHeads, headDim;
  ElementType query = ElementType::F32, cache = ElementType::F32, result = ElementType::F32;
  std::optional<int64_t> window = std::nullopt;
  std::optional<float> cap = std::nullopt;
  float scale = 0; ///< 0: 1 / sqrt(headDim)

  float usedScale() const { return scale != 0 ? scale : 1 / std::sqrt(float(headDim)); }
  KvLayout layout() const { return {keyHeads, headDim, cache}; }
  /// A module with the kernel @k.
  std::string kernel() const;
};

std::ostream &operator<<(std::ostream &out, const AttentionConfig &config);

/// Sequences in a pool of pages. Keys and values are random; slots of a page behind a sequence's
/// end hold large numbers, pages of nobody NaN: only masks keep them out of a result.
class AttentionCache {
public:
  AttentionCache(const AttentionConfig &config, const std::vector<int64_t> &lengths);

  const AttentionConfig config;
  std::vector<int64_t> lengths;
  int64_t pagesPerSequence;
  std::vector<int32_t> pageTable; ///< [sequence][pagesPerSequence]
  AlignedArray<char> pool;

  /// Numbers of a key or value as the cache keeps them: headDim of them.
  const float *key(size_t sequence, int64_t head, int64_t position) const {
    return &keys[sequence][size_t((head * lengths[sequence] + position) * config.headDim)];
  }
  const float *value(size_t sequence, int64_t head, int64_t position) const {
    return &values[sequence][size_t((head * lengths[sequence] + position) * config.headDim)];
  }

private:
  void fill(size_t sequence, std::mt19937 &random);
  void fillIntegers(size_t sequence);
  void encode(int64_t offset, float value);

  std::vector<std::vector<float>> keys, values; ///< [sequence][head][position][d]
};

/// Rows of a step: of `sequence`, tokens at [begin, end).
struct AttentionRows {
  size_t sequence;
  int64_t begin, end;
};

/// The step's arrays, its queries (a function of sequence, position, head and d alone), and the
/// result of a kernel.
class AttentionStep {
public:
  AttentionStep(const AttentionCache &cache, const std::vector<AttentionRows> &rows,
                int64_t tokenBound);

  void run(KernelRunner &kernel, int64_t pieces = 1, bool backwards = false);
  /// The kernel's operands and result, as for KernelRunner::run.
  std::vector<void *> memory();
  /// Row t by plain loops in double precision: [heads * headDim].
  std::vector<double> exactRow(size_t t) const;
  /// The kernel's row as bits.
  std::vector<uint32_t> rowBits(size_t t) const;

  int64_t tokens() const { return int64_t(arrays.position.size()); }

  const AttentionCache &cache;
  StepArrays arrays;
  std::vector<size_t> sequenceOf; ///< of each row
  HostTensor query, result;
};

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_ATTENTIONFIXTURE_H
