#include "runtime/plan/PlanCost.h"

#include "runtime/base/Escape.h"

#include <charconv>
#include <optional>
#include <utility>

namespace graphc {

namespace {

/// A term: a number times powers of T, R and S.
struct Term {
  double coefficient = 1;
  int tokens = 0, rows = 0, columns = 0;

  int letters() const { return tokens + rows + columns; }

  double at(const StepShape &shape) const {
    double value = 1;
    for (auto [base, power] : {std::pair(shape.tokens, tokens), std::pair(shape.rows, rows),
                               std::pair(shape.columns, columns)}) {
      for (int i = 0; i < power; ++i)
        value *= base;
    }
    return value;
  }

  double at(std::span<const StepShape> sequences) const {
    double value = letters() == 0 ? 1 : 0;
    for (const StepShape &shape : sequences)
      value += letters() == 0 ? 0 : at(shape);
    return coefficient * value;
  }
};

/// Recursive descent over  sum := product ('+' product)*,  product := factor ('*' factor)*.
class CostParser {
public:
  CostParser(std::string_view text, std::span<const StepShape> sequences)
      : at(text.data()), end(at + text.size()), sequences(sequences) {}

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
      Term term;
      if (!product(term))
        return std::nullopt;
      result += term.at(sequences);
    } while (take('+'));
    return result;
  }

  bool product(Term &term) {
    do {
      if (!factor(term))
        return false;
    } while (take('*'));
    return true;
  }

  bool factor(Term &term) {
    skipBlanks();
    for (auto [letter, power] : {std::pair('T', &term.tokens), std::pair('R', &term.rows),
                                 std::pair('S', &term.columns)}) {
      if (take(letter)) {
        ++*power;
        return true;
      }
    }
    double value = 0;
    auto [rest, error] = std::from_chars(at, end, value);
    if (error != std::errc())
      return false;
    term.coefficient *= value;
    at = rest;
    skipBlanks();
    return true;
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
  std::span<const StepShape> sequences;
};

} // namespace

Expected<double> evaluateCost(std::string_view cost, const StepShape &shape) {
  return evaluateCost(cost, std::span(&shape, 1));
}

Expected<double> evaluateCost(std::string_view cost, std::span<const StepShape> sequences) {
  if (std::optional<double> value = CostParser(cost, sequences).parse())
    return *value;
  return badInput("cost '" + escapeForMessage(cost) +
                  "' is not a sum of products of numbers, T, R and S");
}

} // namespace graphc
