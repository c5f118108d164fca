#include "ScaleAndBias.h"

namespace graphc::test {

ScaleAndBias::ScaleAndBias(bool hasFactor, bool hasBias, int64_t rows, const PanelLayout &layout)
    : hasFactor(hasFactor), hasBias(hasBias), factor(ElementType::F32, rows),
      biasValues(ElementType::F32, layout.rows), bias(ElementType::F32, 0) {
  factor.randomize(3);
  biasValues.randomize(4);
  bias = packed(biasValues, layout);
}

void ScaleAndBias::addTo(KernelText &text, const std::string &rowAttributes) const {
  if (hasFactor)
    text.addClause("row_factor", tensorText({-1}, ElementType::F32), rowAttributes);
  if (hasBias)
    text.addClause("bias", tensorText({bias.size()}, ElementType::F32));
}

void ScaleAndBias::addTo(std::vector<void *> &memory) {
  if (hasFactor)
    memory.push_back(factor.data());
  if (hasBias)
    memory.push_back(bias.data());
}

Approx ScaleAndBias::of(Approx sum, int64_t t, int64_t n) const {
  if (hasFactor)
    sum = sum * Approx{factor.get(t)};
  if (hasBias)
    sum = sum + Approx{biasValues.get(n)};
  return sum;
}

} // namespace graphc::test
