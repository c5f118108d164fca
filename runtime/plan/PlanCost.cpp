#include "runtime/plan/PlanCost.h"

#include "runtime/base/Json.h"

#include <charconv>
#include <optional>

namespace graphc {

namespace {

/// Recursive descent over  sum := product ('+' product)*,  product := factor ('*' factor)*.
class CostParser {
public:
  CostParser(std::string_view text, const StepShape &shape)
      : at(text.data()), end(at + text.size()), shape(shape) {}

  /// Empty when the text is not a cost.
  std::optional<double> parse() {
    skipBlanks();
    if (at == end)
      return 0;
    std::optional<double> result = sum();
    return at == end ? result : std::nullopt;
  }

private:
  std::optional<double> sum() {
    double result = 0;
    do {
      std::optional<double> term = product();
      if (!term)
        return std::nullopt;
      result += *term;
    } while (take('+'));
    return result;
  }

  std::optional<double> product() {
    double result = 1;
    do {
      std::optional<double> value = factor();
      if (!value)
        return std::nullopt;
      result *= *value;
    } while (take('*'));
    return result;
  }

  std::optional<double> factor() {
    skipBlanks();
    if (take('T'))
      return shape.tokens;
    if (take('R'))
      return shape.rows;
    if (take('S'))
      return shape.columns;
    double value = 0;
    auto [rest, error] = std::from_chars(at, end, value);
    if (error != std::errc())
      return std::nullopt;
    at = rest;
    skipBlanks();
    return value;
  }

  bool take(char letter) {
    if (at == end || *at != letter)
      return false;
    ++at;
    skipBlanks();
    return true;
  }

  void skipBlanks() {
    while (at != end && *at == ' ')
      ++at;
  }

  const char *at, *end;
  const StepShape &shape;
};

} // namespace

Expected<double> evaluateCost(std::string_view cost, const StepShape &shape) {
  if (std::optional<double> value = CostParser(cost, shape).parse())
    return *value;
  return badInput("cost '" + escapeForMessage(cost) +
                  "' is not a sum of products of numbers, T, R and S");
}

} // namespace graphc
