// What an epilogue does to the sums of a product before all else: times the row's factor, plus the
// channel's bias.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_SCALEANDBIAS_H
#define GRAPHC_TESTS_UNIT_CODEGEN_SCALEANDBIAS_H

#include "KernelText.h"
#include "MatmulFixture.h"

namespace graphc::test {

/// The operands row_factor and bias of a fused op, as far as it has them.
class ScaleAndBias {
public:
  /// `layout`: that of the bias, as a packed matrix of one column.
  ScaleAndBias(bool hasFactor, bool hasBias, int64_t rows, const PanelLayout &layout);

  /// Adds them to a kernel; `rowAttributes` are those of an argument with an element a row.
  void addTo(KernelText &text, const std::string &rowAttributes = "") const;
  void addTo(std::vector<void *> &memory);

  /// What becomes of the sum of row `t` and channel `n`.
  Approx of(Approx sum, int64_t t, int64_t n) const;

private:
  bool hasFactor, hasBias;
  Numbers factor, biasValues, bias;
};

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_SCALEANDBIAS_H
