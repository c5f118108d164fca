// What a tensor is made of where there is no checkpoint.
#ifndef GRAPHC_FRONTEND_WEIGHTS_WEIGHTINIT_H
#define GRAPHC_FRONTEND_WEIGHTS_WEIGHTINIT_H

#include <optional>
#include <string_view>

namespace graphc {

/// Every number is `mean`, plus a normal random one with this standard deviation.
struct WeightInit {
  float mean = 0;
  float deviation = 0;

  bool operator==(const WeightInit &) const = default;
};

/// "ones", "zeros" or "normal(D)" with a standard deviation of 0 or more, as in "normal(0.02)";
/// nothing for another text.
std::optional<WeightInit> parseWeightInit(std::string_view text);

} // namespace graphc

#endif // GRAPHC_FRONTEND_WEIGHTS_WEIGHTINIT_H
