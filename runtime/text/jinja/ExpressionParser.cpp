// Operators; what they stand between is in PrimaryParser.cpp.
#include "runtime/text/jinja/ExpressionParser.h"

#include "runtime/text/jinja/Strings.h"

#include <algorithm>

namespace graphc::jinja {

namespace {

constexpr std::pair<std::string_view, Operator> kOperators[] = {
    {"+", Operator::Add},           {"-", Operator::Subtract},     {"*", Operator::Multiply},
    {"/", Operator::Divide},        {"//", Operator::FloorDivide}, {"%", Operator::Modulo},
    {"**", Operator::Power},        {"==", Operator::Equal},       {"!=", Operator::NotEqual},
    {"<", Operator::Less},          {"<=", Operator::LessEqual},   {">", Operator::Greater},
    {">=", Operator::GreaterEqual},
};

/// Counts how deep the parser itself is.
class Nesting {
public:
  explicit Nesting(int &level) : level(++level) {}
  ~Nesting() { --level; }

private:
  int &level;
};

} // namespace

ExpressionParser::Result ExpressionParser::make(ExpressionKind kind, int line, Operands operands) {
  auto expression = std::make_unique<Expression>();
  expression->kind = kind;
  expression->line = line;
  expression->operands = std::move(operands);
  return finish(std::move(expression));
}

/// The height is bounded, not only the parser's own depth: `a.b.c.d` is parsed in a loop, but
/// evaluated and freed inside out.
ExpressionParser::Result ExpressionParser::finish(ExpressionPointer expression) {
  for (const ExpressionPointer &operand : expression->operands)
    if (operand)
      expression->height = std::max(expression->height, operand->height + 1);
  if (expression->height > limits.nesting)
    return tokens.fail(expression->line, "expected an expression of at most " +
                                             std::to_string(limits.nesting) +
                                             " levels, but got a deeper one");
  return expression;
}

ExpressionParser::Result ExpressionParser::parse() {
  Nesting here(nesting);
  if (nesting > limits.nesting)
    return tokens.fail(tokens.line(), "expected expressions nested at most " +
                                          std::to_string(limits.nesting) + " levels, but got more");
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer value, parseOr());
  while (tokens.atName("if")) {
    int line = tokens.next().line;
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer condition, parseOr());
    ExpressionPointer other;
    if (tokens.skipName("else")) {
      GRAPHC_ASSIGN_OR_RETURN(other, parse());
    }
    GRAPHC_ASSIGN_OR_RETURN(value,
                            make(ExpressionKind::Conditional, line,
                                 list(std::move(condition), std::move(value), std::move(other))));
  }
  return value;
}

ExpressionParser::Result ExpressionParser::parseTuple(bool conditions) {
  int line = tokens.line();
  Operands items;
  bool isTuple = false;
  auto atEnd = [&] {
    return tokens.at(TokenKind::VariableEnd) || tokens.at(TokenKind::BlockEnd) ||
           tokens.atOperator(")") || tokens.at(TokenKind::End);
  };
  while (items.empty() || !atEnd()) {
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer item, conditions ? parse() : parseOr());
    items.push_back(std::move(item));
    if (!tokens.skipOperator(","))
      break;
    isTuple = true;
  }
  if (!isTuple)
    return std::move(items.front());
  return make(ExpressionKind::Tuple, line, std::move(items));
}

ExpressionParser::Result ExpressionParser::parseOr() {
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer left, parseAnd());
  while (tokens.atName("or")) {
    int line = tokens.next().line;
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer right, parseAnd());
    GRAPHC_ASSIGN_OR_RETURN(
        left, make(ExpressionKind::Or, line, list(std::move(left), std::move(right))));
  }
  return left;
}

ExpressionParser::Result ExpressionParser::parseAnd() {
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer left, parseNot());
  while (tokens.atName("and")) {
    int line = tokens.next().line;
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer right, parseNot());
    GRAPHC_ASSIGN_OR_RETURN(
        left, make(ExpressionKind::And, line, list(std::move(left), std::move(right))));
  }
  return left;
}

/// In a loop, so that a thousand `not` are no recursion.
ExpressionParser::Result ExpressionParser::parseNot() {
  std::vector<int> lines;
  while (tokens.atName("not"))
    lines.push_back(tokens.next().line);
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer value, parseComparison());
  for (; !lines.empty(); lines.pop_back()) {
    GRAPHC_ASSIGN_OR_RETURN(value, make(ExpressionKind::Not, lines.back(), list(std::move(value))));
  }
  return value;
}

std::optional<Operator> ExpressionParser::skipOperatorOf(std::string_view symbols) {
  if (!tokens.at(TokenKind::Operator))
    return std::nullopt;
  for (std::string_view symbol : split(symbols, std::nullopt, -1)) {
    if (!tokens.skipOperator(symbol))
      continue;
    for (auto [text, op] : kOperators)
      if (text == symbol)
        return op;
  }
  return std::nullopt;
}

std::optional<Operator> ExpressionParser::skipComparison() {
  if (tokens.skipName("in"))
    return Operator::In;
  if (tokens.atName("not") && tokens.peek(1).kind == TokenKind::Name &&
      tokens.peek(1).text == "in") {
    tokens.next();
    tokens.next();
    return Operator::NotIn;
  }
  return skipOperatorOf("== != < <= > >=");
}

ExpressionParser::Result ExpressionParser::parseComparison() {
  int line = tokens.line();
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer first, parseSum());
  Operands operands = list(std::move(first));
  std::vector<Operator> operators;
  while (std::optional<Operator> op = skipComparison()) {
    operators.push_back(*op);
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer next, parseSum());
    operands.push_back(std::move(next));
  }
  if (operators.empty())
    return std::move(operands.front());
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer result,
                          make(ExpressionKind::Compare, line, std::move(operands)));
  result->operators = std::move(operators);
  return result;
}

ExpressionParser::Result ExpressionParser::parseLeftToRight(Rule operand,
                                                            std::string_view symbols) {
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer left, (this->*operand)());
  int line = tokens.line();
  while (std::optional<Operator> op = skipOperatorOf(symbols)) {
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer right, (this->*operand)());
    GRAPHC_ASSIGN_OR_RETURN(
        left, make(ExpressionKind::Binary, line, list(std::move(left), std::move(right))));
    left->operators = {*op};
    line = tokens.line();
  }
  return left;
}

ExpressionParser::Result ExpressionParser::parseSum() {
  return parseLeftToRight(&ExpressionParser::parseConcatenation, "+ -");
}

ExpressionParser::Result ExpressionParser::parseConcatenation() {
  int line = tokens.line();
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer first, parseProduct());
  if (!tokens.atOperator("~"))
    return first;
  Operands operands = list(std::move(first));
  while (tokens.skipOperator("~")) {
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer next, parseProduct());
    operands.push_back(std::move(next));
  }
  return make(ExpressionKind::Concatenate, line, std::move(operands));
}

ExpressionParser::Result ExpressionParser::parseProduct() {
  return parseLeftToRight(&ExpressionParser::parsePower, "* / // %");
}

ExpressionParser::Result ExpressionParser::parsePower() {
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer left, parseUnary());
  while (tokens.atOperator("**")) {
    int line = tokens.next().line;
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer right, parseUnary());
    GRAPHC_ASSIGN_OR_RETURN(
        left, make(ExpressionKind::Binary, line, list(std::move(left), std::move(right))));
    left->operators = {Operator::Power};
  }
  return left;
}

/// A filter behind a sign takes the value with its sign: `-1|abs` is 1.
ExpressionParser::Result ExpressionParser::parseUnary(bool filters) {
  std::vector<std::pair<int, bool>> signs; // Line; is it a minus?
  while (tokens.atOperator("-") || tokens.atOperator("+")) {
    const Token &token = tokens.next();
    signs.emplace_back(token.line, token.text == "-");
  }
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer value, parsePrimary());
  GRAPHC_ASSIGN_OR_RETURN(value, parsePostfix(std::move(value)));
  for (; !signs.empty(); signs.pop_back()) {
    auto kind = signs.back().second ? ExpressionKind::Minus : ExpressionKind::Plus;
    GRAPHC_ASSIGN_OR_RETURN(value, make(kind, signs.back().first, list(std::move(value))));
  }
  if (!filters)
    return value;
  return parseFilters(std::move(value));
}

} // namespace graphc::jinja
