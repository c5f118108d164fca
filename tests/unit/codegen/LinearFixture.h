// linear and fused_linear with whatever an epilogue does, over factors of every type: kernels, what
// their results must be, and the comparison.
#ifndef GRAPHC_TESTS_UNIT_CODEGEN_LINEARFIXTURE_H
#define GRAPHC_TESTS_UNIT_CODEGEN_LINEARFIXTURE_H

#include "MatmulFactors.h"
#include "ScaleAndBias.h"

namespace graphc::test {

/// A linear op, fused or not.
struct LinearSpec {
  FactorTypes type = {};
  int64_t depth = 64;    ///< K
  int64_t channels = 32; ///< N of the result.
  int64_t rowPadding = 0;
  std::string gate = {}; ///< Name of an activation, or "".
  std::string act = {};  ///< The same, without a gate.
  double cap = 0;        ///< 0: none.
  bool factor = false, bias = false, residual = false;
  ElementType result = ElementType::F32;
  std::string rowsDim = "T";
  int64_t maxRows = 64;

  bool isFused() const { return type.quant || hasFunction() || factor || bias || residual; }
  bool hasFunction() const { return !gate.empty() || !act.empty() || cap > 0; }
  int64_t weightRows() const { return gate.empty() ? channels : 2 * channels; }
  int64_t groups() const { return gate.empty() ? 0 : 1; }
  PanelLayout layout() const { return type.layout(weightRows(), depth, groups()); }
  PanelLayout biasLayout() const { return {weightRows(), 1, groups(), 1}; }
};

std::ostream &operator<<(std::ostream &out, const LinearSpec &spec);

/// The operands of a spec, filled, and what the results must be.
class LinearCase {
public:
  explicit LinearCase(const LinearSpec &spec);

  /// The result for the first `count` rows; those behind must stay as they were.
  Numbers run(KernelRunner &kernel, int64_t count, int64_t pieces = 1);
  /// Compares a result of run() with the reference.
  void compareWithReference(const KernelRunner &kernel, int64_t count, Numbers &result);
  Approx expected(int64_t t, int64_t n) const;
  std::unique_ptr<KernelRunner> compile(const std::string &level) const;

  const LinearSpec spec;
  const std::unique_ptr<MatmulFactors> factors;

private:
  std::string kernelText() const;
  StepArrays stepOf(int64_t count) const;
  std::vector<void *> memoryWith(void *rows, Numbers &result);
  /// Before the gate.
  Approx preActivation(int64_t t, int64_t n) const;

  ScaleAndBias scaleAndBias;
  Numbers residual;
};

/// All rows are right, against sums in f64.
void expectMatches(const LinearCase &test, const Numbers &result);

/// That, and by the reference too; every class of row tiles and every split of the tasks gives the
/// same bits.
void checkLinear(const LinearSpec &spec, const std::string &level);

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_CODEGEN_LINEARFIXTURE_H
