#include "tools/bench/Statistics.h"

#include <algorithm>
#include <utility>

namespace graphc {

double medianOf(std::vector<double> values) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

Summary summarize(const std::vector<double> &values) {
  if (values.empty())
    return {};
  auto [min, max] = std::minmax_element(values.begin(), values.end());
  return {*min, medianOf(values), *max};
}

} // namespace graphc
