#include "frontend/weights/WeightInit.h"

#include <charconv>
#include <cmath>

namespace graphc {

std::optional<WeightInit> parseWeightInit(std::string_view text) {
  constexpr std::string_view kNormal = "normal(";
  if (text == "ones")
    return WeightInit{.mean = 1};
  if (text == "zeros")
    return WeightInit{};
  if (!text.starts_with(kNormal) || !text.ends_with(')'))
    return std::nullopt;
  std::string_view number = text.substr(kNormal.size());
  number.remove_suffix(1);
  WeightInit init;
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), init.deviation);
  bool isNumber = error == std::errc() && end == number.data() + number.size();
  if (!isNumber || !std::isfinite(init.deviation) || init.deviation < 0)
    return std::nullopt;
  return init;
}

} // namespace graphc
