// Literals and names, and what stands behind them: members, calls, filters, tests.
#include "runtime/text/jinja/ExpressionParser.h"

#include "runtime/base/Escape.h"

#include <charconv>

namespace graphc::jinja {

namespace {

struct Constant {
  std::string_view name;
  Value value;
};

/// The value of a key word, or nothing.
std::optional<Value> constantOf(std::string_view name) {
  const Constant constants[] = {
      {"true", Value::boolean(true)},   {"True", Value::boolean(true)},
      {"false", Value::boolean(false)}, {"False", Value::boolean(false)},
      {"none", Value::none()},          {"None", Value::none()},
  };
  for (const Constant &constant : constants)
    if (constant.name == name)
      return constant.value;
  return std::nullopt;
}

} // namespace

ExpressionParser::Result ExpressionParser::parsePrimary() {
  const Token &token = tokens.peek();
  if (token.kind == TokenKind::Integer || token.kind == TokenKind::Float)
    return parseNumber();
  if (token.kind == TokenKind::Operator)
    return parseBrackets();
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer result, make(ExpressionKind::Literal, token.line));
  if (token.kind == TokenKind::String) {
    std::string text;
    while (tokens.at(TokenKind::String)) // Strings side by side are one.
      text += tokens.next().text;
    result->literal = Value::string(std::move(text));
    return result;
  }
  if (token.kind != TokenKind::Name)
    return tokens.wrong("an expression");
  tokens.next();
  if (std::optional<Value> constant = constantOf(token.text)) {
    result->literal = *constant;
    return result;
  }
  result->kind = ExpressionKind::Name;
  result->name = token.text;
  return result;
}

ExpressionParser::Result ExpressionParser::parseNumber() {
  const Token &token = tokens.next();
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer result, make(ExpressionKind::Literal, token.line));
  const char *end = token.text.data() + token.text.size();
  int64_t integer = 0;
  double number = 0;
  std::errc error{};
  if (token.kind == TokenKind::Integer) {
    error = std::from_chars(token.text.data(), end, integer).ec;
    result->literal = Value::integer(integer);
  } else {
    error = std::from_chars(token.text.data(), end, number).ec;
    result->literal = Value::number(number);
  }
  if (error != std::errc())
    return tokens.fail(token.line,
                       "the number " + escapeForMessage(token.text) + " does not fit 64 bits");
  return result;
}

ExpressionParser::Result ExpressionParser::parseBrackets() {
  int line = tokens.line();
  if (tokens.atOperator("["))
    return parseList();
  if (tokens.atOperator("{"))
    return parseMapping();
  if (!tokens.skipOperator("("))
    return tokens.wrong("an expression");
  if (tokens.skipOperator(")"))
    return make(ExpressionKind::Tuple, line);
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer inside, parseTuple());
  GRAPHC_RETURN_IF_ERROR(tokens.expectOperator(")"));
  return inside;
}

ExpressionParser::Result ExpressionParser::parseList() {
  int line = tokens.next().line;
  Operands items;
  while (!tokens.atOperator("]")) {
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer item, parse());
    items.push_back(std::move(item));
    if (!tokens.skipOperator(","))
      break;
  }
  GRAPHC_RETURN_IF_ERROR(tokens.expectOperator("]"));
  return make(ExpressionKind::List, line, std::move(items));
}

ExpressionParser::Result ExpressionParser::parseMapping() {
  int line = tokens.next().line;
  Operands items;
  while (!tokens.atOperator("}")) {
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer key, parse());
    GRAPHC_RETURN_IF_ERROR(tokens.expectOperator(":"));
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer value, parse());
    items.push_back(std::move(key));
    items.push_back(std::move(value));
    if (!tokens.skipOperator(","))
      break;
  }
  GRAPHC_RETURN_IF_ERROR(tokens.expectOperator("}"));
  return make(ExpressionKind::Mapping, line, std::move(items));
}

ExpressionParser::Result ExpressionParser::parsePostfix(ExpressionPointer object) {
  while (true) {
    if (tokens.atOperator(".")) {
      GRAPHC_ASSIGN_OR_RETURN(object, parseMember(std::move(object)));
    } else if (tokens.atOperator("[")) {
      GRAPHC_ASSIGN_OR_RETURN(object, parseSubscript(std::move(object)));
    } else if (tokens.atOperator("(")) {
      GRAPHC_ASSIGN_OR_RETURN(object, parseCall(std::move(object)));
    } else {
      return object;
    }
  }
}

ExpressionParser::Result ExpressionParser::parseFilters(ExpressionPointer input) {
  while (true) {
    if (tokens.atOperator("|")) {
      GRAPHC_ASSIGN_OR_RETURN(input, parseFilter(std::move(input)));
    } else if (tokens.atName("is")) {
      GRAPHC_ASSIGN_OR_RETURN(input, parseTest(std::move(input)));
    } else if (tokens.atOperator("(")) {
      GRAPHC_ASSIGN_OR_RETURN(input, parseCall(std::move(input)));
    } else {
      return input;
    }
  }
}

ExpressionParser::Result ExpressionParser::parseMember(ExpressionPointer object) {
  int line = tokens.next().line;
  if (tokens.at(TokenKind::Integer)) { // list.0
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer key, parseNumber());
    return make(ExpressionKind::Subscript, line, list(std::move(object), std::move(key)));
  }
  GRAPHC_ASSIGN_OR_RETURN(std::string name, tokens.expectName("the name of a member"));
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer result,
                          make(ExpressionKind::Attribute, line, list(std::move(object))));
  result->name = std::move(name);
  return result;
}

ExpressionParser::Result ExpressionParser::parseSubscript(ExpressionPointer object) {
  int line = tokens.next().line;
  Operands operands = list(std::move(object));
  bool isSlice = false;
  // Up to three parts, of which each may be left out.
  while (operands.size() < 4) {
    ExpressionPointer part;
    if (!tokens.atOperator(":") && !tokens.atOperator("]")) {
      GRAPHC_ASSIGN_OR_RETURN(part, parse());
    }
    operands.push_back(std::move(part));
    if (!tokens.skipOperator(":"))
      break;
    isSlice = true;
  }
  if (!isSlice && !operands.back())
    return tokens.wrong("a key or a slice");
  GRAPHC_RETURN_IF_ERROR(tokens.expectOperator("]"));
  if (!isSlice)
    return make(ExpressionKind::Subscript, line, std::move(operands));
  operands.resize(4);
  return make(ExpressionKind::Slice, line, std::move(operands));
}

Status ExpressionParser::parseArguments(Expression &expression) {
  GRAPHC_RETURN_IF_ERROR(tokens.expectOperator("("));
  while (!tokens.atOperator(")")) {
    if (tokens.atOperator("*") || tokens.atOperator("**"))
      return tokens.fail(tokens.line(), "arguments by '*' are not supported",
                         StatusCode::Unsupported);
    const Token &ahead = tokens.peek(1);
    bool named =
        tokens.at(TokenKind::Name) && ahead.kind == TokenKind::Operator && ahead.text == "=";
    if (named) {
      expression.keywords.push_back(tokens.next().text);
      tokens.next();
    } else if (!expression.keywords.empty()) {
      return tokens.wrong("a named argument, as one stands before");
    }
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer value, parse());
    expression.operands.push_back(std::move(value));
    if (!tokens.skipOperator(","))
      break;
  }
  return tokens.expectOperator(")");
}

ExpressionParser::Result ExpressionParser::parseCall(ExpressionPointer function) {
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer call,
                          make(ExpressionKind::Call, tokens.line(), list(std::move(function))));
  GRAPHC_RETURN_IF_ERROR(parseArguments(*call));
  return finish(std::move(call));
}

ExpressionParser::Result ExpressionParser::parseFilter(ExpressionPointer input) {
  int line = tokens.next().line;
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer filter,
                          make(ExpressionKind::Filter, line, list(std::move(input))));
  GRAPHC_ASSIGN_OR_RETURN(filter->name, tokens.expectName("the name of a filter"));
  if (tokens.atOperator("("))
    GRAPHC_RETURN_IF_ERROR(parseArguments(*filter));
  return finish(std::move(filter));
}

/// An argument of a test may stand without brackets: `is divisibleby 3`.
bool ExpressionParser::atTestArgument() const {
  if (tokens.at(TokenKind::Name))
    return !tokens.atName("else") && !tokens.atName("or") && !tokens.atName("and") &&
           !tokens.atName("is") && !tokens.atName("if") && !tokens.atName("not") &&
           !tokens.atName("in");
  return tokens.at(TokenKind::String) || tokens.at(TokenKind::Integer) ||
         tokens.at(TokenKind::Float) || tokens.atOperator("[") || tokens.atOperator("{");
}

ExpressionParser::Result ExpressionParser::parseTest(ExpressionPointer input) {
  int line = tokens.next().line;
  bool negated = tokens.skipName("not");
  GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer test,
                          make(ExpressionKind::Test, line, list(std::move(input))));
  GRAPHC_ASSIGN_OR_RETURN(test->name, tokens.expectName("the name of a test"));
  if (tokens.atOperator("(")) {
    GRAPHC_RETURN_IF_ERROR(parseArguments(*test));
  } else if (atTestArgument()) {
    GRAPHC_ASSIGN_OR_RETURN(ExpressionPointer argument, parsePrimary());
    GRAPHC_ASSIGN_OR_RETURN(argument, parsePostfix(std::move(argument)));
    test->operands.push_back(std::move(argument));
  }
  GRAPHC_ASSIGN_OR_RETURN(test, finish(std::move(test)));
  return negated ? make(ExpressionKind::Not, line, list(std::move(test))) : std::move(test);
}

} // namespace graphc::jinja
