// fused_qkv over factors of every type: kernels, what must stand in their buffers and pages, and
// the comparison.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_QKVFIXTURE_H
#define GRAPHC_TESTS_UNIT_CODEGEN_QKVFIXTURE_H

#include "MatmulFactors.h"
#include "ScaleAndBias.h"

#include "runtime/plan/KvLayout.h"

namespace graphc::test {

struct QkvSpec {
  FactorTypes type = {}; ///< Queries are of the rows', if those are floats.
  ElementType cacheType = ElementType::F32;
  int64_t depth = 64;
  int64_t queryHeads = 4, cacheHeads = 2, headDim = 16;
  bool rope = true, factor = true, bias = false;

  int64_t heads() const { return queryHeads + 2 * cacheHeads; }
  int64_t channels() const { return heads() * headDim; }
  PanelLayout layout() const { return type.layout(channels(), depth, heads()); }
  PanelLayout biasLayout() const { return {channels(), 1, heads(), 1}; }
  ElementType queryType() const {
    return type.rows == ElementType::I8 ? ElementType::F32 : type.rows;
  }
  KvLayout cache() const { return {cacheHeads, headDim, cacheType}; }
  /// Bytes of an int8 cache are kept in pairs.
  ElementType keptType() const {
    return cacheType == ElementType::I8 ? ElementType::BF16 : cacheType;
  }
  int64_t pageElements() const { return cache().pageBytes() / byteSize(keptType()); }
};

std::ostream &operator<<(std::ostream &out, const QkvSpec &spec);

/// Queries in their buffer, keys and values in the pages of the cache.
struct QkvResult {
  Numbers query, cache;
};

/// The operands of a spec, filled, and what the results must be.
class QkvCase {
public:
  explicit QkvCase(const QkvSpec &spec);

  QkvResult run(KernelRunner &kernel, int64_t count, int64_t pieces = 1);
  void compareWithReference(const KernelRunner &kernel, int64_t count, QkvResult &result);
  /// Head `head` (in the order of the weight) of row `t`: its numbers before they are stored.
  std::vector<Approx> expectedHead(int64_t t, int64_t position, int64_t head) const;
  std::unique_ptr<KernelRunner> compile(const std::string &level) const;

  const QkvSpec spec;
  const std::unique_ptr<MatmulFactors> factors;

private:
  std::string kernelText() const;
  std::vector<void *> memoryWith(void *rows, QkvResult &result);
  Approx sum(int64_t t, int64_t n) const { return sums[size_t(t * spec.channels() + n)]; }

  ScaleAndBias scaleAndBias;
  Numbers table;
  std::vector<Approx> sums; ///< [rows][channels]
};

/// For odd and even numbers of rows, whole or in pieces: every query, key and value is what it must
/// be, with the same bits for each number of rows, and nothing else is written.
void checkQkv(const QkvSpec &spec, const std::string &level);

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_QKVFIXTURE_H
