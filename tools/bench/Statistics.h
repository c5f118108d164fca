// What is said about the repetitions of a measurement.
#ifndef GRAPHC_TOOLS_BENCH_STATISTICS_H
#define GRAPHC_TOOLS_BENCH_STATISTICS_H

#include <vector>

namespace graphc {

struct Summary {
  double min = 0, median = 0, max = 0;

  bool operator==(const Summary &) const = default;
};

/// The middle value, or the mean of the two in the middle; 0 of none.
double medianOf(std::vector<double> values);

/// All zero for no values.
Summary summarize(const std::vector<double> &values);

} // namespace graphc

#endif // GRAPHC_TOOLS_BENCH_STATISTICS_H
