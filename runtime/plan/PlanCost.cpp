#include "runtime/plan/PlanCost.h"

#include "runtime/base/Json.h"

#include <charconv>
#include <optional>

namespace graphc {

namespace {

std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos)
    return "";
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

/// Calls `visit` for each piece between separators; stops at the first one that has no value.
template <typename Fn>
bool forEachPiece(std::string_view text, char separator, Fn visit) {
  while (true) {
    size_t end = text.find(separator);
    if (!visit(trimmed(text.substr(0, end))))
      return false;
    if (end == std::string_view::npos)
      return true;
    text.remove_prefix(end + 1);
  }
}

std::optional<double> factorValue(std::string_view factor, const StepShape &shape) {
  if (factor == "T")
    return shape.tokens;
  if (factor == "R")
    return shape.rows;
  if (factor == "S")
    return shape.columns;
  double value = 0;
  auto [end, error] = std::from_chars(factor.data(), factor.data() + factor.size(), value);
  if (error != std::errc() || end != factor.data() + factor.size())
    return std::nullopt;
  return value;
}

} // namespace

Expected<double> evaluateCost(std::string_view cost, const StepShape &shape) {
  double sum = 0;
  bool valid = trimmed(cost).empty() || forEachPiece(cost, '+', [&](std::string_view term) {
                 double product = 1;
                 bool known = forEachPiece(term, '*', [&](std::string_view factor) {
                   std::optional<double> value = factorValue(factor, shape);
                   product *= value.value_or(0);
                   return value.has_value();
                 });
                 sum += product;
                 return known;
               });
  if (!valid)
    return badInput("cost '" + escapeForMessage(cost) +
                    "' is not a sum of products of numbers, T, R and S");
  return sum;
}

} // namespace graphc
